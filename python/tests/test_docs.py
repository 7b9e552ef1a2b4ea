"""The tutorial runs as it is written, on a smaller array."""

import os
import re
from pathlib import Path

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
