"""A progress bar: in a terminal one line that is redrawn, in a notebook one output that is replaced."""

from __future__ import annotations

import sys
import time
from typing import Any


class Bar:
    """Called with bytes done and in all. Shown after two seconds in a terminal or notebook; at once where asked for,
    never where refused."""

    SMALL_BYTES = 1 << 28
    DELAY_SECONDS = 2.0
    WIDTH = 30

    def __init__(self, asked: bool | None) -> None:
        self._started = time.monotonic()
        self._asked = asked
        self._display: Any = None
        self._last = 0.0
        self._drawn = False
        notebook = _in_notebook()
        self._notebook = notebook
        self._wanted = asked if asked is not None else notebook or sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        waits = 0.0 if self._asked else self.DELAY_SECONDS
        if not self._wanted or now - self._started < waits or now - self._last < 0.1:
            return
        self._last = now
        self._draw(self.text(done, total, now - self._started))

    def text(self, done: int, total: int, seconds: float) -> str:
        """The line: a bar, the share, the rate, and what is left."""
        share = min(done / total, 1.0) if total else 1.0
        full = int(share * self.WIDTH)
        rate = done / seconds if seconds > 0 else 0.0
        left = f", {(total - done) / rate:.0f} s left" if rate > 0 and done < total else ""
        return f"[{'#' * full}{' ' * (self.WIDTH - full)}] {share:4.0%}  {rate / 1e9:.2f} GB/s{left}"

    def _draw(self, text: str) -> None:
        if self._notebook:
            from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

            content = {"text/plain": text}
            if self._display is None:
                self._display = display(content, raw=True, display_id=True)
            else:
                self._display.update(content, raw=True)
            return
        self._drawn = True
        sys.stderr.write(f"\r{text:<78}")
        sys.stderr.flush()

    def close(self) -> None:
        """Takes the bar away."""
        if self._drawn:
            sys.stderr.write("\r" + " " * 78 + "\r")
            sys.stderr.flush()


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    if shell is None:
        return False
    instance = shell.get_ipython()
    return instance is not None and type(instance).__name__ == "ZMQInteractiveShell"
