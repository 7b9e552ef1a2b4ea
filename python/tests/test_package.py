"""The package itself: signatures, documentation, stubs, types."""

import inspect
import subprocess
import sys
from pathlib import Path

import tilewise as tw
from tilewise import _kernels, _native, _stubs

PACKAGE = Path(tw.__file__).parent
SOURCES = Path(__file__).parents[1] / "tilewise"


def test_every_kernel_is_a_method_and_a_function_with_a_real_signature():
    for info in _native.kernels():
        name = info["name"]
        if name in ("expr", "slice"):
            continue
        if name in ("concatenate", "stack"):
            # They take lists of arrays, and are no methods.
            assert getattr(tw, name).__doc__ and not hasattr(tw.Array, name) and name in tw.__all__
            continue
        # `mode` of a stored array is how its file is open.
        methods = [getattr(tw.Array, name)] if name != "mode" else []
        for function in (getattr(tw, name), *methods):
            words = list(inspect.signature(function).parameters)
            assert {p["name"] for p in info["params"]} <= set(words), name
            assert function.__doc__ and len(function.__doc__) > 60, name
        assert name in tw.__all__
    assert list(inspect.signature(tw.gaussian).parameters)[:3] == ["a", "sigma", "axes"]


def test_the_stubs_are_the_registrys():
    # After a change of the registry: python -m tilewise._stubs > python/tilewise/_kernels.pyi
    assert (SOURCES / "_kernels.pyi").read_text(encoding="utf-8") == _stubs.text()
    assert (PACKAGE / "py.typed").exists()


def test_types_pass_a_strict_check(tmp_path):
    user = tmp_path / "user.py"
    user.write_text(
        "import numpy as np\nimport tilewise as tw\n"
        "a: tw.StoredArray = tw.open('a.npy', axes='tyx')\n"
        "b: tw.Array = ((a - 3) / 4).gaussian(1.5, axes='yx').zscore()\n"
        "c: tw.StoredArray = b.save('b.npy', memory='512MiB')\n"
        "d: tw.Array = tw.mean(a, axis=0) + np.ones(3)\n"
        "e: tw.Array = a.quantile([0.1, 0.9], keepdims=True)\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run([*command, "-p", "tilewise"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    done = subprocess.run([*command, str(user)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_parameters_are_documented():
    text = _kernels.document("gaussian")
    assert ":param sigma:" in text and "scipy.ndimage.gaussian_filter" in text
