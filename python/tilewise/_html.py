"""A plan as a table for notebooks. Styles stand in the elements, since notebooks that are not trusted drop style
sheets; colours are those of the page, light or dark."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape
from typing import Any

_LINE = "1px solid rgba(128,128,128,.35)"
_SOFT = "opacity:.7"


def plan(text: str, document: dict[str, Any], warnings: Sequence[str]) -> str:
    """The page of a plan: its first lines, its arrays, its passes, and what there is to say of it."""
    head, _, _ = text.partition("\n\n")
    first, *more = head.splitlines()
    parts = [f'<div style="margin-bottom:8px"><strong>{escape(first)}</strong>']
    parts += [f'<br><span style="{_SOFT}">{escape(line)}</span>' for line in more]
    parts.append("</div>")
    parts.append(_table(["", "array", "dtype", "shape", "axes", "size", "file"], "lllslrl", _arrays(document)))
    head_of_passes = ["pass", "steps", "tiles", "of", "reads", "halo", "writes", "memory", "gives"]
    parts.append(_table(head_of_passes, "llrsrrrrl", _passes(text, document)))
    remarks = [*document.get("notes", []), *warnings]
    if remarks:
        items = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
        parts.append(f'<ul style="margin:0;padding-left:1.4em">{items}</ul>')
    return f'<div style="font-size:13px;line-height:1.45">{"".join(parts)}</div>'


def _arrays(document: dict[str, Any]) -> list[list[str]]:
    rows = []
    for kind in ("input", "output"):
        for i, entry in enumerate(document[f"{kind}s"]):
            spec = entry["array"]
            shape = tuple(spec["shape"])
            file = "" if entry["path"] == "-" else entry["path"]
            size = show_bytes(math.prod(shape) * _item_bytes(spec["dtype"]))
            rows.append(["" if i else f"{kind}s", entry["name"], spec["dtype"], str(shape), spec["axes"] or "", size, file])
    return rows


def _passes(text: str, document: dict[str, Any]) -> list[list[str]]:
    titles = re.findall(r"^pass \d+  (.*)$", text, re.M)
    rows = []
    for i, p in enumerate(document["passes"]):
        title = titles[i] if i < len(titles) else ", ".join(p["steps"])
        share = p["halo_bytes"] / p["read_bytes"] if p["read_bytes"] else 0
        halo = f"{share:.1%}" if share else ""
        gives = ", ".join(_given(end) for end in p["ends"])
        reads, writes, memory = (show_bytes(p[f"{what}_bytes"]) for what in ("read", "written", "memory"))
        rows.append([str(i + 1), title, f"{p['tiles']:,}", " × ".join(map(str, p["tile"])), reads, halo, writes, memory, gives])
    return rows


def _given(end: dict[str, Any]) -> str:
    name: str = end["array"]
    place = {"memory": " (in memory)", "temporary file": " (temporary file)"}.get(end["place"], "")
    return name + place


def _item_bytes(dtype: str) -> int:
    return 1 if dtype == "bool" else int(re.sub(r"\D", "", dtype)) // 8


def _table(head: Sequence[str], align: str, rows: Sequence[Sequence[str]]) -> str:
    """Cells lean left (l), right (r) as numbers, or left without breaks (s) as shapes."""
    usual = "padding:3px 14px 3px 0;vertical-align:top;text-align"
    looks = {"l": "left", "r": "right;white-space:nowrap;font-variant-numeric:tabular-nums", "s": "left;white-space:nowrap"}
    styles = [f"{usual}:{looks[a]}" for a in align]
    names = "".join(f'<th style="{s};font-weight:500;{_SOFT}">{escape(h)}</th>' for s, h in zip(styles, head))
    body = []
    for row in rows:
        cells = "".join(f'<td style="{s}">{escape(c)}</td>' for s, c in zip(styles, row))
        body.append(f'<tr style="background:transparent;border-top:{_LINE}">{cells}</tr>')
    look = "border-collapse:collapse;border:none;table-layout:auto;margin:0 0 12px;font-size:13px"
    return f'<table style="{look}"><thead><tr style="background:transparent">{names}</tr></thead><tbody>{"".join(body)}</tbody></table>'


def show_bytes(count: int) -> str:
    """A size as plans write it: three figures, binary units."""
    if count < 1024:
        return f"{count} B"
    power = min((count.bit_length() - 1) // 10, 6)
    number = count / 1024**power
    return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f} {'KMGTPE'[power - 1]}iB"
