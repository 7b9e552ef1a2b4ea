"""Files go both ways between Tilewise and NumPy: every dtype, memory order, byte order and mode.

Owns the claim that each reads what the other writes. How commands are run and read is in
`tilewise_cli`; what kernels compute is tested elsewhere.
"""

import numpy as np
import pytest
from numpy.lib import format as npy
from tilewise_cli import (
    DTYPES,
    check_info,
    get,
    layouts,
    numpy_dtype,
    raw_words,
    run,
    same,
    samples,
    text_of,
)

SHAPE = (5, 7)
OFFSETS = (0, 128, 13)
FAILED = (1, 2)

each_dtype = pytest.mark.parametrize("name", DTYPES)


def identity(source, target, name, *words):
    """Reads a file and writes the same values: the whole way through mapping, plan and engine."""
    run("apply", source, target, "-s", f"cast dtype={name}", "--quiet", *words)
    return np.load(target, mmap_mode="r")


def write_raw(path, array, order, offset):
    """Junk up to the offset, then the array through `numpy.memmap`."""
    path.write_bytes(b"\xa5" * offset)
    file = np.memmap(path, dtype=array.dtype, mode="r+", offset=offset, shape=array.shape, order=order)
    file[...] = array
    file.flush()
    return file


@each_dtype
def test_npy_from_numpy_reads_equal(name, tmp_path):
    for order, endian in layouts(name):
        array = np.asarray(samples(name, SHAPE, endian), order=order)
        source, target = tmp_path / f"{order}{endian}.npy", tmp_path / f"{order}{endian}-out.npy"
        np.save(source, array)
        check_info(source, array, name, order=order, endian=endian, offset=128)
        same(get(source, ":,:", array.dtype), array)
        same(get(source, "-1,2", array.dtype), array[-1, 2])
        same(identity(source, target, name), array)


@each_dtype
def test_raw_from_numpy_memmap_reads_equal(name, tmp_path):
    for order, endian in layouts(name):
        for offset in OFFSETS:
            array = samples(name, SHAPE, endian)
            source = tmp_path / f"{order}{endian}{offset}.dat"
            write_raw(source, array, order, offset)
            words = raw_words(name, SHAPE, order, endian, offset)
            same(get(source, ":,:", array.dtype, *words), array)
        check_info(source, array, name, *words, order=order, endian=endian, offset=OFFSETS[-1])
        same(identity(source, tmp_path / f"{order}{endian}.npy", name, *words), array)


@each_dtype
def test_npy_from_tilewise_loads_equal(name, tmp_path):
    for order, endian in layouts(name):
        path = tmp_path / f"{order}{endian}.npy"
        run("create", path, "--dtype", name, "--shape", "5,7", "--order", order, "--endian", endian)
        value = samples(name, (40,), endian)[-1]
        run("set", path, "3,4", text_of(value))
        expected = np.zeros(SHAPE, numpy_dtype(name, endian))
        expected[3, 4] = value
        for mode in (None, "r", "r+", "c"):
            loaded = np.load(path, mmap_mode=mode)
            assert loaded.dtype == numpy_dtype(name, endian)
            assert loaded.flags[f"{order}_CONTIGUOUS"]
            same(loaded, expected)
        assert loaded.offset == 4096, "data starts on a page"


@each_dtype
def test_raw_from_tilewise_maps_equal(name, tmp_path):
    for order, endian in layouts(name):
        for offset in OFFSETS:
            path = tmp_path / f"{order}{endian}{offset}.dat"
            words = raw_words(name, SHAPE, order, endian, offset)
            run("create", path, *words)
            value = samples(name, (40,), endian)[-1]
            run("set", path, "3,-1", text_of(value), *words)
            expected = np.zeros(SHAPE, numpy_dtype(name, endian))
            expected[3, -1] = value
            assert path.stat().st_size == offset + expected.nbytes
            for mode in ("r", "r+", "c"):
                file = np.memmap(path, expected.dtype, mode, offset=offset, shape=SHAPE, order=order)
                same(file, expected)


@each_dtype
def test_file_made_by_numpy_in_mode_w_plus_is_shared(name, tmp_path):
    """`w+`: NumPy creates and keeps the map open; each sees what the other writes."""
    array = samples(name, SHAPE)
    path = tmp_path / "shared.dat"
    file = np.memmap(path, array.dtype, "w+", shape=SHAPE)
    words = raw_words(name, SHAPE)
    file[...] = array
    same(get(path, ":,:", array.dtype, *words), array)
    run("set", path, "0,0", text_of(array[4, 6]), *words)
    same(file[0, 0], array[4, 6])


def test_writes_in_mode_r_plus_are_seen_and_in_mode_c_are_not(tmp_path):
    path = tmp_path / "a.npy"
    run("create", path, "--dtype", "i32", "--shape", "3,4", "--fill", "7")
    editable = np.load(path, mmap_mode="r+")
    private = np.load(path, mmap_mode="c")
    editable[1, 1] = -5
    private[2, 2] = 99
    expected = np.full((3, 4), 7, "i4")
    expected[1, 1] = -5
    same(get(path, ":,:", "i4"), expected)
    run("set", path, "0,0", "-8")
    assert editable[0, 0] == -8


def test_slices_are_numpys(tmp_path):
    array = samples("u16", (6, 5, 4))
    path = tmp_path / "a.npy"
    np.save(path, array)
    cases = {"2:4,:,0": np.s_[2:4, :, 0], "-2:,1:3,-1": np.s_[-2:, 1:3, -1], "0,0": np.s_[0, 0], ":,4:,:2": np.s_[:, 4:, :2]}
    for index, key in cases.items():
        same(get(path, index, array.dtype), array[key])
    run("set", path, "1:3,0,:", "9")
    array[1:3, 0, :] = 9
    same(np.load(path), array)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_npy_versions(version, tmp_path):
    for order in "CF":
        array = np.asarray(samples("f32", SHAPE), order=order)
        path = tmp_path / f"{order}.npy"
        with path.open("wb") as file:
            npy.write_array(file, array, version=version)
        same(identity(path, tmp_path / f"{order}-out.npy", "f32"), array)


def npy_with_header(header, data, version=1):
    """An `.npy` whose header is as given, unpadded: its data starts wherever that ends."""
    size = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + data


def test_npy_data_at_any_offset(tmp_path):
    array = samples("f64", SHAPE)
    for padding in range(9):
        header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (5, 7), }" + b" " * padding + b"\n"
        path = tmp_path / f"{padding}.npy"
        path.write_bytes(npy_with_header(header, array.tobytes()))
        same(np.load(path), array)
        same(get(path, ":,:", array.dtype), array)
    check_info(path, array, "f64", order="C", endian="little", offset=10 + len(header))


@pytest.mark.parametrize("shape", [(), (0,), (1,), (0, 3), (3, 0), (1, 0, 2), (1, 1, 1), (11,)])
def test_empty_and_small_shapes(shape, tmp_path):
    for name in ("bool", "u16", "f64", "c64"):
        array = samples(name, shape)
        source, target = tmp_path / f"{name}.npy", tmp_path / f"{name}-out.npy"
        np.save(source, array)
        check_info(source, array, name)
        same(identity(source, target, name), array)
        run("diff", source, target)


def test_diff_agrees_with_numpy(tmp_path):
    array = samples("f32", SHAPE)
    np.save(tmp_path / "c.npy", array)
    np.save(tmp_path / "f.npy", np.asfortranarray(array.astype(">f4")))
    run("diff", tmp_path / "c.npy", tmp_path / "f.npy")
    array[4, 6] += 1
    np.save(tmp_path / "other.npy", array)
    run("diff", tmp_path / "c.npy", tmp_path / "other.npy", expect=1)
    run("diff", tmp_path / "c.npy", tmp_path / "missing.npy", expect=2)


METHODS = (
    "linear lower higher midpoint nearest inverted_cdf averaged_inverted_cdf closest_observation "
    "interpolated_inverted_cdf hazen weibull median_unbiased normal_unbiased"
).split()
ORDERED = ("bool", "u8", "i16", "u32", "i64", "f16", "f32", "f64")


def numbers(name, shape):
    """Values with repeats and gaps; a NaN in the first column of floats."""
    rng = np.random.default_rng(1)
    array = (rng.normal(size=shape) * 40 + (60 if name.startswith("u") else 0)).clip(-120, 120)
    array = np.abs(array) if name.startswith("u") else array
    array = (array > 0) if name == "bool" else array.astype(numpy_dtype(name))
    if name.startswith("f"):
        array[2, 0] = np.nan
    return array


def reduced(source, step):
    """The result of one step, of the whole way through plan and engine."""
    target = source.with_name("reduced.npy")
    run("apply", source, target, "-s", step, "--quiet", "--overwrite")
    return np.load(target)


def close(got, want, dtype):
    """Equal up to one rounding to the dtype; NaN and infinities in the same places."""
    want = np.asarray(want, "f8")
    assert got.shape == want.shape
    room = 2 * np.finfo(dtype).eps
    np.testing.assert_allclose(got.astype("f8"), want, rtol=room, atol=room * 40)


@pytest.mark.parametrize("name", ORDERED)
def test_quantiles_are_numpys(name, tmp_path):
    """NumPy works in f64 here, as Tilewise does whatever the dtype."""
    array = numbers(name, (31, 4))
    source = tmp_path / "x.npy"
    np.save(source, array)
    wide = array.astype("f8")
    for method in METHODS:
        q = [0.0, 0.1, 0.25, 0.5, 0.77, 1.0]
        got = reduced(source, f"quantile q={q} axes=0 method={method}")
        close(got, np.quantile(wide, q, axis=0, method=method), got.dtype)
    got = reduced(source, "quantile q=0.3 axes=[0,1] keepdims=true skipna=true")
    close(got, np.nanquantile(wide, 0.3, keepdims=True), got.dtype)
    got = reduced(source, "quantile q=[0.5] axes=1 skipna=true")
    close(got, np.nanquantile(wide, [0.5], axis=1), got.dtype)


@pytest.mark.parametrize("name", [n for n in ORDERED if n != "bool"])
def test_histograms_are_numpys(name, tmp_path):
    array = numbers(name, (400, 50))
    source = tmp_path / "x.npy"
    np.save(source, array)
    finite = array[np.isfinite(array)]
    for bins in (1, 7, 10, 333):
        same(reduced(source, f"histogram bins={bins}"), np.histogram(finite, bins)[0])
        got = reduced(source, f"histogram bins={bins} range=[-3.3,41.7]")
        same(got, np.histogram(finite, bins, (-3.3, 41.7))[0])
    columns = reduced(source, "histogram axes=0 bins=9")
    for column, got in zip(array.T, columns, strict=True):
        same(got, np.histogram(column[np.isfinite(column)], 9)[0])


def test_random_fill_follows_its_seed(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run("create", tmp_path / f"{name}.npy", "--dtype", "f32", "--shape", "100", "--fill", "random", "--seed", seed)
    a, b, c = (np.load(tmp_path / f"{name}.npy") for name in "abc")
    same(a, b)
    assert len(np.unique(a)) > 50 and np.isfinite(a).all() and (a != c).any()


def bad_files():
    """Files that must be refused, each with a word that the message has to hold."""
    good = b"{'descr': '<f8', 'fortran_order': False, 'shape': (5, 7), }\n"
    data = bytes(5 * 7 * 8)
    return {
        "truncated-data": (npy_with_header(good, data[:-1]), None),
        "truncated-header": (npy_with_header(good, data)[:40], None),
        "truncated-magic": (b"\x93NUM", None),
        "empty": (b"", None),
        "text": (b"not an array at all, but long enough to look at\n" * 9, None),
        "unknown-version": (npy_with_header(good, data, version=9), "9.0"),
        "expression": (npy_with_header(good.replace(b"(5, 7)", b"(5, 2+5)"), data), None),
        "negative-shape": (npy_with_header(good.replace(b"(5, 7)", b"(-5, 7)"), data), None),
        "overflow": (npy_with_header(good.replace(b"(5, 7)", b"(4294967296, 4294967296)"), data), None),
        "missing-key": (npy_with_header(good.replace(b"'shape': (5, 7), ", b""), data), "shape"),
        "structured": (npy_with_header(good.replace(b"'<f8'", b"[('a', '<f8')]"), data), None),
        "unicode": (npy_with_header(good.replace(b"'<f8'", b"'<U2'"), data), "u2"),
    }


@pytest.mark.parametrize("case", bad_files())
def test_bad_files_are_refused(case, tmp_path):
    content, word = bad_files()[case]
    source, target = tmp_path / f"{case}.npy", tmp_path / "out.npy"
    source.write_bytes(content)
    refused(source, target, word)


def test_object_arrays_are_refused(tmp_path):
    source = tmp_path / "object.npy"
    np.save(source, np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    refused(source, tmp_path / "out.npy", "object")


def refused(source, target, word):
    """Every command that reads says why it cannot, naming the file; nothing is left behind."""
    commands = (["info", source], ["get", source, "0"], ["apply", source, target, "-s", "cast dtype=f32"])
    for words in commands:
        done = run(*words, expect=FAILED)
        assert source.name in done.stderr
        assert "panicked" not in done.stderr
        said = done.stderr.replace(str(source), "").lower()
        assert word is None or word in said
    assert [p.name for p in source.parent.iterdir()] == [source.name]


def test_raw_files_of_the_wrong_size_are_refused(tmp_path):
    source = tmp_path / "short.dat"
    source.write_bytes(bytes(100))
    for offset, shape in ((0, (26,)), (1, (25,)), (200, (1,))):
        done = run("get", source, "0", *raw_words("f32", shape, offset=offset), expect=FAILED)
        assert "100" in done.stderr, "the message has the size of the file"
