"""What people see of a run: the bar in a terminal, in a notebook and elsewhere, and plans as tables."""

import io
import os
import pty
import re
import subprocess
import sys
import types
from html.parser import HTMLParser

import numpy as np
import pytest

import tilewise as tw
from tilewise import _progress
from tilewise._html import show_bytes
from tilewise._progress import Bar, duration


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def run(bar, clock, seconds, ticks=16):
    """A run of 2 GB that tells of itself sixteen times a second."""
    for i in range(int(seconds * ticks)):
        clock.now += 1 / ticks
        bar(int(2e9 * (i + 1) / (seconds * ticks)), int(2e9))


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_runs_below_two_seconds_show_no_bar_of_their_own(stream):
    clock, stream = Clock(), stream()
    bar = Bar(None, stream, clock)
    run(bar, clock, 1.9)
    bar.close(completed=True)
    assert stream.getvalue() == ""


def test_longer_runs_show_one_in_a_terminal_and_take_it_away():
    clock, stream = Clock(), Terminal()
    bar = Bar(None, stream, clock)
    run(bar, clock, 4)
    shown = stream.getvalue()
    lines = shown.split("\r")
    assert lines[1].startswith("[###############") and "  50%  500 MB/s, 2.0 s left" in lines[1]
    # Ten times a second at most, and none wraps.
    assert 15 <= len(lines) <= 23 and all(len(line) <= 79 for line in lines)
    bar.close(completed=True)
    assert re.fullmatch(r"\r +\r", stream.getvalue()[len(shown) :])


def test_files_get_no_bar_unless_it_is_asked_for():
    clock, stream = Clock(), io.StringIO()
    bar = Bar(None, stream, clock)
    run(bar, clock, 4)
    bar.close(completed=True)
    assert stream.getvalue() == ""
    bar = Bar(True, stream, clock)
    run(bar, clock, 0.5)
    bar.close(completed=True)
    assert re.fullmatch(r"(\r\[[# ]{30}\] +\d+%  4.00 GB/s(, \d.\d s left)? *)+\r\[#{30}\] 100%  4.00 GB/s, in 0.5 s *\n", stream.getvalue())


def test_what_is_refused_is_never_shown():
    clock, stream = Clock(), Terminal()
    bar = Bar(False, stream, clock)
    run(bar, clock, 4)
    bar.close(completed=True)
    assert stream.getvalue() == ""


def test_a_run_that_stops_does_not_claim_its_end():
    clock, stream = Clock(), Terminal()
    bar = Bar(True, stream, clock)
    run(bar, clock, 1)
    bar(10**9, 2 * 10**9)
    bar.close()
    assert stream.getvalue().rstrip().endswith("stopped") and "50%  1.00 GB/s, stopped" in stream.getvalue()


def test_a_notebook_has_one_output_that_is_replaced(monkeypatch):
    shown = []

    class Handle:
        def update(self, content, raw):
            shown.append(("update", content))

    def display(content, raw, display_id):
        shown.append(("display", content))
        return Handle()

    shell = type("Shell", (type("ZMQInteractiveShell", (), {}),), {})()
    module = types.ModuleType("IPython")
    module.get_ipython = lambda: shell
    module.display = types.ModuleType("IPython.display")
    module.display.display = display
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", module.display)
    assert _progress.in_notebook()
    clock, stream = Clock(), Terminal()
    bar = Bar(None, stream, clock)
    run(bar, clock, 1.9)
    assert shown == []
    run(bar, clock, 4)
    bar.close(completed=True)
    assert [how for how, _ in shown[:3]] == ["display", "update", "update"] and {how for how, _ in shown[1:]} == {"update"}
    assert '<progress value="1.000"' in shown[-1][1]["text/html"] and "in 5.9 s" in shown[-1][1]["text/plain"]
    assert stream.getvalue() == ""
    # IPython in a terminal is no notebook.
    module.get_ipython = lambda: type("TerminalInteractiveShell", (), {})()
    assert not _progress.in_notebook()


def test_times_are_in_units_that_fit():
    assert [duration(s) for s in (0.04, 9.94, 42, 600, 9000)] == ["0.0 s", "9.9 s", "42 s", "10 min", "2.5 h"]


def test_a_long_run_in_a_real_terminal_shows_a_bar():
    with open("a.dat", "wb") as f:
        f.truncate(1 << 30)
    code = (
        "import tilewise as tw\nfrom tilewise._progress import Bar\nBar.DELAY_SECONDS = 0.1\n"
        "a = tw.open('a.dat', 'f4', shape=(256, 1024, 1024), axes='tyx')[:24]\n"
        "print(a.gaussian(6, axes='yx').mean().compute(threads=1))"
    )
    outer, inner = pty.openpty()
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=inner, text=True)
    os.close(inner)
    shown = b""
    try:
        while part := os.read(outer, 4096):
            shown += part
    except OSError:
        pass  # The other end is closed.
    os.close(outer)
    assert done.stdout == "0.0\n" and b"% " in shown and shown.endswith(b"\r")


class Table(HTMLParser):
    """The cells of the rows of a page; fails where tags do not close in order."""

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def test_a_plan_is_a_table_in_a_notebook():
    np.save("a<b.npy", np.zeros((300, 64, 64), "f4"))
    plan = tw.open("a<b.npy", axes="tyx").gaussian(1, axes="yx").zscore().plan(memory="64MiB", threads=2)
    page = Table()
    page.feed(plan._repr_html_())
    page.close()
    assert page.open == []
    by_name = {row[1]: row for row in page.rows}
    assert by_name["a_b"] == ["inputs", "a_b", "f32", "(300, 64, 64)", "tyx", "4.69 MiB", "a<b.npy"]
    assert by_name["zscore"][:5] == ["outputs", "zscore", "f32", "(300, 64, 64)", "tyx"]
    passes = [row for row in page.rows if row[0] in ("1", "2")]
    assert [row[1] for row in passes] == ["gaussian → zscore", "gaussian → zscore"]
    assert passes[0][8] == "zscore.temp0 (in memory), zscore.temp1 (in memory)" and passes[1][8] == "zscore"
    assert all(len(row) in (7, 9) for row in page.rows)
    # The same words as the text has, with the budget in the words of Python.
    first = str(plan).splitlines()[0]
    assert first.endswith("of 64.0 MiB (memory=)") and first in page.text


def test_budgets_are_called_what_python_calls_them():
    a = tw.asarray(np.zeros((100, 100)))
    with pytest.raises(MemoryError, match=r"the budget is 1000 B \(memory=\); try a larger memory="):
        a.zscore().compute(memory=1000)
    # The one command that it names is to be typed in a shell.
    assert "--" not in str(a.zscore().plan()).replace("tilewise bench --save", "")


def test_advice_is_in_the_words_of_python():
    with open("a.dat", "wb") as f:
        f.write(bytes(8000))
    with pytest.raises(ValueError, match=r'dtype="f4", shape=\(1000, -1\)') as raised:
        tw.open("a.dat")
    assert "--" not in str(raised.value)
    text = '[inputs]\nx = "a.npy"\n[[step]]\nkernel = "gaussian"\nsigma = 1\n[outputs]\ngaussian = "-"\n'
    with pytest.raises(ValueError, match='^gausian.sigma=2: there is no step "gausian"'):
        tw.load_pipeline(text, {"gausian.sigma": 2})
    np.save("a.npy", np.zeros(3))
    np.save("b.npy", np.zeros(3))
    with pytest.raises(FileExistsError, match="pass overwrite=True") as raised:
        tw.save({"b.npy": tw.open("a.npy").sum()})
    assert "--" not in str(raised.value)


def test_sizes_are_written_as_plans_write_them():
    np.save("a.npy", np.zeros((1000, 1234)))
    plan = tw.open("a.npy").mean().plan()
    assert show_bytes(1000 * 1234 * 8) in str(plan) and show_bytes(8) in str(plan)
    assert [show_bytes(n) for n in (0, 1023, 1024, 10 * 1024**2 + 52429, 999 << 30)] == ["0 B", "1023 B", "1.00 KiB", "10.1 MiB", "999 GiB"]
