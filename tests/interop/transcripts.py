"""The jobs in docs/ run as they are written: a new user who types them sees what they show.

Each page of `docs/jobs/` is what somebody types in an empty folder. Blocks of ```` ```console ```` hold commands (`$ …`)
and what they print, blocks of ```` ```python ```` run in Python with NumPy, blocks of ```` ```toml NAME ````
are files to write, and an HTML comment that begins with `setup` is Python that prepares what a user brings along.

Times, rates, memory, threads and counts of tiles and sweeps differ from run to run and are not compared. `UPDATE_GOLDEN=1` writes
what was printed back into the pages; `git diff docs/jobs` is then the review.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "jobs").glob("*.md"))
BLOCK = re.compile(r"(?P<open>^```(?P<kind>console|python|toml)(?: (?P<name>\S+))?\n)(?P<body>.*?)^```$|^<!-- setup\n(?P<setup>.*?)^-->$", re.S | re.M)

NUMBER = r"\d[\d.,]*"
VOLATILE = [
    (re.compile(r"^\d+ sweeps? in .*$", re.M), "<sweeps>"),
    (re.compile(rf"{NUMBER} (ns|µs|ms|s|min|h)\b( \d+ (s|min)\b)?"), "<time>"),
    (re.compile(rf"{NUMBER} ([kMGT]?B|pictures)/s"), "<rate>"),
    (re.compile(r"^  memory .*$", re.M), "  memory <memory>"),
    (re.compile(rf"{NUMBER} tiles?, \d+ threads?"), "<tiles>"),
    (re.compile(r"\d+ threads?"), "<threads>"),
    (re.compile(rf"{NUMBER} (KiB|MiB|GiB) (of memory|peak)"), "<memory>"),
    (re.compile(r" \(<time> of it flushing to disk\)"), ""),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?( UTC|Z)"), "<when>"),
    (re.compile(r"[ \t]+$", re.M), ""),
]


def stable(text):
    for pattern, word in VOLATILE:
        text = pattern.sub(word, text)
    return text


def environment():
    """Only what a command needs, so that nothing of this machine shows."""
    binary = Path(os.environ["TILEWISE_BIN"])
    path = os.pathsep.join([str(binary.parent), os.environ["PATH"]])
    kept = {name: os.environ[name] for name in ("TMPDIR", "LANG") if name in os.environ}
    return {**kept, "PATH": path, "COLUMNS": "100", "TILEWISE_DATASETS": str(ROOT / "datasets")}


def shell(command, folder):
    """What a terminal shows: both streams, in their order."""
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
    )
    return done.stdout


def python(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{code}\n{done.stderr}"


def commands(body):
    """Commands of a console block, each with the text that follows it."""
    found = []
    for line in body.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line, ""])
        elif found and found[-1][0].endswith("\\\n") and not found[-1][1]:
            found[-1][0] += line
        elif found:
            found[-1][1] += line
    return found


def replay(page, folder):
    """Runs a page; gives its text as it would have to be."""
    text = page.read_text()
    out, at = "", 0
    for block in BLOCK.finditer(text):
        out += text[at : block.start()]
        at = block.end()
        if block["setup"] is not None:
            python(block["setup"], folder)
            out += block[0]
        elif block["kind"] == "python":
            python(block["body"], folder)
            out += block[0]
        elif block["kind"] == "toml":
            (folder / block["name"]).write_text(block["body"])
            out += block[0]
        else:
            out += block["open"]
            for command, shown in commands(block["body"]):
                printed = shell(command[2:], folder)
                # What only differs in what is not compared stays as it was.
                gap = re.search(r"\n*\Z", shown)[0] if shown.strip() == "" or shown.endswith("\n\n") else ""
                same = stable(printed).strip() == stable(shown).strip()
                out += command + (shown if same else printed + gap[1:])
            out += "```"
    return out + text[at:]


def test_there_are_pages():
    assert len(PAGES) >= 3, "docs/jobs has lost its pages"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_page(page, tmp_path):
    now = replay(page, tmp_path)
    if os.environ.get("UPDATE_GOLDEN"):
        page.write_text(now)
    assert stable(now) == stable(page.read_text())
    left = [p.name for p in tmp_path.rglob("*") if "tilewise-tmp" in p.name]
    assert not left, f"temporary files stay: {left}"
