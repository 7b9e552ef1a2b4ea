"""Pages are true: the tutorial runs as it is written, on a smaller array, and every kernel is in the page of oracles."""

import os
import re
from pathlib import Path

from tilewise import _native

PAGE = Path(__file__).parents[2] / "docs" / "python.md"


def test_the_tutorial_runs(capsys):
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) > 8
    code = "\n".join(blocks).replace("frames, rows, columns = 8192", "frames, rows, columns = 512")
    scope = {"__name__": "tutorial"}
    exec(compile(code, str(PAGE), "exec"), scope)
    assert os.path.exists("clean.npy") and scope["again"].shape == (512, 128, 256)
    assert "not computed" in capsys.readouterr().out
    assert len(scope["Frames"]("clean.npy")) == 512 and scope["Frames"]("clean.npy")[3].shape == (128, 256)


def test_the_page_of_oracles_has_every_kernel_and_the_pinned_versions():
    root = Path(__file__).parents[2]
    page = (root / "docs" / "oracles.md").read_text()
    listed = {name for row in re.findall(r"^\| (`.*?) \|", page, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert listed == {k["name"] for k in _native.kernels()}
    pinned = dict(re.findall(r"^(\w+)==(\S+)$", (root / "tests" / "interop" / "requirements.txt").read_text(), re.M))
    said = re.search(r"^Versions: NumPy (\S+), SciPy (\S+), pandas (\S+), bottleneck (\S+)\.$", page, re.M)
    assert said is not None and list(said.groups()) == [pinned[n] for n in ("numpy", "scipy", "pandas", "bottleneck")]
