"""Pipeline files as lazy arrays, and back: every file of pipelines/, on small inputs made here."""

import pickle
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

import tilewise as tw

FOLDER = Path(__file__).parents[2] / "pipelines"
FILES = sorted(p.name for p in FOLDER.glob("*.toml"))


def png(frame):
    """A grey picture as the bytes of a file."""
    height, width = frame.shape
    rows = b"".join(b"\0" + row.tobytes() for row in frame)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture
def inputs():
    """What the pipelines read, small."""
    rng = np.random.default_rng(7)
    np.save("stack.npy", rng.integers(0, 5000, (5, 64, 60), dtype=np.uint16))
    np.save("dark.npy", rng.random((64, 60), dtype=np.float32))
    np.save("flat.npy", rng.random((64, 60), dtype=np.float32) + 1)
    np.save("bright.npy", rng.random((64, 60), dtype=np.float32) * 2)
    np.save("photos.npy", rng.integers(0, 255, (6, 20, 22, 3), dtype=np.uint8))
    np.save("sensors.npy", rng.random((3000, 4), dtype=np.float32))
    np.save("data.npy", rng.standard_normal((70, 80)))
    Path("pictures").mkdir()
    for i in range(3):
        Path(f"pictures/{i}.png").write_bytes(png(rng.integers(0, 255, (32, 30), dtype=np.uint8)))
    rows = "\n".join(f"2010-01-{1 + i // 24:02} {i % 24:02}:00,{t:.1f}" for i, t in enumerate(rng.normal(50, 9, 480)))
    Path("seattle-temps.csv").write_text(f"date,temp\n{rows}\n")
    Path("out").mkdir()


def text_of(plan):
    """A plan without what names alone decide: the cast of an output is a step of the arrays."""
    return re.sub(r" \(cast\)|^.* in memory, .*$", "", str(plan), flags=re.M)


@pytest.mark.parametrize("name", FILES)
def test_a_file_its_arrays_and_their_file_are_one_pipeline(inputs, name):
    Path(name).write_text((FOLDER / name).read_text())
    p = tw.load_pipeline(name)
    again = tw.load_pipeline(tw.to_toml({path: p[output] for output, path in p.outputs.items()}))
    assert list(again) == list(p) and again.inputs == p.inputs
    options = {"memory": "48MiB", "threads": 2}
    assert text_of(again.plan(**options)) == text_of(p.plan(**options))
    arrays = tw.compute(*p.values(), **options)
    files = p.run(**options)
    for (output, array), file in zip(p.items(), files.values()):
        assert (array.shape, array.dtype, array.axes) == (file.shape, file.dtype, file.axes), output
    computed = again.run(overwrite=True, **options)
    for output, array in zip(p, arrays):
        bits = np.asarray(files[output]).tobytes()
        assert array.tobytes() == bits and np.asarray(computed[output]).tobytes() == bits, output


def test_arrays_of_a_file_go_on(inputs):
    p = tw.load_pipeline(FOLDER / "flatfield.toml", {"inputs.raw": "stack.npy", "inputs.dark": "dark.npy", "inputs.flat": "flat.npy"})
    assert list(p) == ["clean", "projection", "brightness"] and len(p) == 3
    assert "smooth" in p and "raw" in p and "rough" not in p
    raw, dark, flat = (np.load(f"{n}.npy") for n in ("stack", "dark", "flat"))
    np.testing.assert_array_equal(np.asarray(p["raw"]), raw)
    assert isinstance(p["raw"], tw.StoredArray) and p["raw"].axes == "tyx"
    assert p["smooth"].axes == "tyx" and "not computed" in repr(p["smooth"])
    field = p["flatfield"]
    np.testing.assert_array_equal(field.compute(), (raw - dark) / flat)
    lazy = (p["clean"] - 1).mean(axis=0)
    clean = np.asarray(p["clean"])
    np.testing.assert_allclose(lazy.compute(), (clean.astype("f8") - 1).mean(0), atol=1e-6)
    text = lazy.to_toml("mean.npy")
    assert "clean - 1" in text and "(raw - dark) / flat" in text
    np.testing.assert_array_equal(tw.load_pipeline(text)["mean"].compute(), lazy.compute())
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(lazy)).compute(), lazy.compute())
    # What was read from the file is read once, with what was added to it.
    assert len(tw.plan(p["projection"], (field - 1).max()).json["passes"]) == 1
    with pytest.raises(KeyError, match="'rough'; there are clean, projection"):
        p["rough"]


def test_changes_count_for_arrays_that_are_taken_after_them(inputs):
    text = '[inputs]\ndata = "data.npy"\n[[step]]\nkernel = "gaussian"\nsigma = 1\n[outputs]\ngaussian = "-"\n'
    p = tw.load_pipeline(text)
    before = p["gaussian"]
    after = p.set({"gaussian.sigma": 3.0, "outputs.gaussian.dtype": "f32"})["gaussian"]
    data = tw.open("data.npy")
    np.testing.assert_array_equal(before.compute(), data.gaussian(1).compute())
    np.testing.assert_array_equal(after.compute(), data.gaussian(3.0).astype("f4").compute())
    assert after.dtype == np.float32 and p["data"].dtype == np.float64
    np.testing.assert_array_equal(p.run()["gaussian"], after.compute())


def test_names_that_clash_are_renamed_in_expressions_too(inputs):
    head = '[inputs]\n"my-data" = "data.npy"\nresult = "data.npy"\n[[step]]\nname = "minimum"\n'
    text = head + 'from = "my-data"\nexpr = "minimum(x * 1e3, 2) - result"\n[outputs]\nminimum = "-"\n'
    p = tw.load_pipeline(text)
    both = p["minimum"] + tw.load_pipeline(text)["minimum"]
    data = np.load("data.npy")
    want = np.minimum(data * 1e3, 2) - data
    np.testing.assert_array_equal(both.compute(), want + want)
    again = tw.load_pipeline(both.to_toml("-"))
    np.testing.assert_array_equal(next(iter(again.run().values())), want + want)


def test_names_inside_expressions_are_no_arrays(inputs):
    text = '[inputs]\ndata = "data.npy"\n[[step]]\nname = "y"\nexpr = "data_2 = data * 2; data_2 - 1"\n[outputs]\ny = "-"\n'
    both = tw.load_pipeline(text)["y"] + tw.open("data.npy")
    data = np.load("data.npy")
    # Two inputs are called data, and the second gets a name that the text does not use.
    assert "data_2 = data * 2" in both.to_toml() and "data_3 =" in both.to_toml()
    np.testing.assert_array_equal(both.compute(), (data * 2 - 1) + data)


def test_an_input_that_was_closed_opens_again(inputs):
    p = tw.load_pipeline('[inputs]\ndata = "data.npy"\n[[step]]\nkernel = "sum"\n[outputs]\nsum = "-"\n')
    with p["data"] as data:
        want = data.sum().compute()
    assert data.closed and not p["data"].closed and p["data"][0, 0] == np.load("data.npy")[0, 0]
    assert p["sum"].compute() == want and (p["data"] - p["data"].mean()).sum().compute() == pytest.approx(0, abs=1e-9)


def test_a_pipeline_gives_its_outputs_opened(inputs):
    text = '[inputs]\nstack = { path = "stack.npy", axes = "tyx" }\n[[step]]\nkernel = "cast"\ndtype = "f32"\n[outputs]\n'
    text += 'cast = { path = "raw.dat", order = "F", endian = "big" }\nlarge = { path = "l.npy", from = "cast", dtype = "i32" }\n'
    files = tw.load_pipeline(text).run()
    raw, large = files["cast"], files["large"]
    stack = np.load("stack.npy")
    assert raw.dtype == np.float32 and np.asarray(raw).dtype.str == ">f4" and np.asarray(raw).flags.f_contiguous
    np.testing.assert_array_equal(np.asarray(raw), stack)
    np.testing.assert_array_equal(np.asarray(large), stack)
    assert (raw.axes, large.axes) == ("tyx", "tyx") and large.dtype == np.int32


def test_tables_keep_what_was_said_of_them():
    Path("t.csv").write_text("a;b;c\n1;2;3\n4;5;6\n")
    text = '[inputs]\nt = { path = "t.csv", column = ["c", 0], separator = ";", header = true }\n'
    text += '[[step]]\nkernel = "sum"\nfrom = "t"\naxes = 0\n[outputs]\nsum = "s.npy"\n'
    p = tw.load_pipeline(text)
    np.testing.assert_array_equal(p["sum"].compute(), [9, 5])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(p["t"]))[1].compute(), [6, 4])
    assert tw.load_pipeline(p["sum"].to_toml("s.npy")).to_toml() == p.to_toml()


def test_an_output_whose_input_grew_is_extended():
    frames = np.random.default_rng(3).integers(0, 999, (40, 30, 20), "u2")
    text = '[inputs]\nx = { path = "x.npy", axes = "tyx" }\n[[step]]\nname = "y"\nkernel = "gaussian"\nsigma = 1\naxes = "yx"\n'
    p = tw.load_pipeline(text + '[outputs]\ny = "y.npy"\n')
    np.save("x.npy", frames[:30])
    p.run()
    np.save("x.npy", frames)
    extended = np.array(p.run(append=True)["y"])
    np.testing.assert_array_equal(extended, np.array(p.run(overwrite=True)["y"]))
    assert extended.shape == frames.shape
    with pytest.raises(ValueError, match="one of them"):
        p.run(append=True, overwrite=True)
