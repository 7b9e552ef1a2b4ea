"""A progress bar: in a terminal one line that is redrawn, in a notebook one output that is replaced.

Owns when there is one and what it says. Knows nothing of runs: it is called with bytes.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO


class Bar:
    """Called with bytes done and in all, some twenty times a second. Where it is asked for it shows at once, and what it
    said last stays; where it is not, it shows after two seconds in a terminal or notebook, and goes when the run
    is over. Never where it is refused."""

    # Runs that move less than this are over before anybody could look at a bar.
    SMALL_BYTES = 1 << 20
    DELAY_SECONDS = 2.0
    PAUSE_SECONDS = 0.1
    WIDTH = 30
    LINE = 78

    def __init__(
        self, asked: bool | None, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream, self._clock = stream or sys.stderr, clock
        self._started = clock()
        self._asked = bool(asked)
        self._display: Any = None
        self._last: float | None = None
        self._told = (0, 0)
        self._notebook = in_notebook()
        terminal = self._stream is not None and self._stream.isatty()
        self._wanted = asked if asked is not None else self._notebook or terminal

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        self._told = (done, total)
        waits = 0.0 if self._asked else self.DELAY_SECONDS
        if not self._wanted or now - self._started < waits:
            return
        if self._last is None or now - self._last >= self.PAUSE_SECONDS:
            self._last = now
            self._draw(self.text(done, total, now - self._started), done, total)

    def text(self, done: int, total: int, seconds: float) -> str:
        """The line: a bar, the share, the rate, and what is left."""
        share = min(done / total, 1.0) if total else 1.0
        full = int(share * self.WIDTH)
        rate = done / seconds if seconds > 0 else 0.0
        speed = f"{rate / 1e9:.2f} GB/s" if rate >= 1e9 else f"{rate / 1e6:.0f} MB/s"
        left = f", {duration((total - done) / rate)} left" if rate > 0 and done < total else ""
        return f"[{'#' * full}{' ' * (self.WIDTH - full)}] {share:4.0%}  {speed}{left}"

    def close(self, completed: bool = False) -> None:
        """Ends the bar: takes it away, or leaves the last line where it was asked for or stands in a notebook."""
        if not self._wanted or (self._last is None and not (completed and self._asked)):
            return
        seconds = self._clock() - self._started
        done, total = self._told
        if self._notebook or self._asked:
            done = total if completed else done
            end = f"in {duration(seconds)}" if completed else "stopped"
            text = self.text(done, total, seconds).split(", ")[0]
            self._draw(f"{text}, {end}", done, total)
        if not self._notebook and self._stream is not None:
            self._stream.write("\n" if self._asked else "\r" + " " * self._width() + "\r")
            self._stream.flush()

    def _width(self) -> int:
        # A line that wraps cannot be drawn over.
        return min(self.LINE, shutil.get_terminal_size().columns - 1)

    def _draw(self, text: str, done: int, total: int) -> None:
        if self._notebook:
            self._show(text, done, total)
        elif self._stream is not None:
            width = self._width()
            self._stream.write(f"\r{text[:width]:<{width}}")
            self._stream.flush()

    def _show(self, text: str, done: int, total: int) -> None:
        from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

        words = text.partition("] ")[2].strip()
        share = min(done / total, 1.0) if total else 1.0
        bar = f'<progress value="{share:.3f}" max="1" style="width:240px;vertical-align:middle"></progress>'
        content = {"text/plain": text, "text/html": f'{bar} <span style="font-variant-numeric:tabular-nums">{words}</span>'}
        if self._display is None:
            self._display = display(content, raw=True, display_id=True)
        else:
            self._display.update(content, raw=True)


def duration(seconds: float) -> str:
    """A time in its largest fitting unit."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def in_notebook() -> bool:
    """Whether IPython runs in something that shows HTML."""
    ask = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = None if ask is None else ask()
    # By name: whoever runs no notebook has no ipykernel to import.
    return any(c.__name__ == "ZMQInteractiveShell" for c in type(shell).__mro__)
