"""Python functions on blocks: which blocks there are, what comes back, and what goes wrong."""

import pickle
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import tilewise as tw


def halve(block):
    return block / 2


def array(shape, dtype="f4", seed=0):
    return np.random.default_rng(seed).random(shape).astype(dtype)


def test_a_function_of_elements_is_what_numpy_gives():
    x = array((40, 30, 20))
    lazy = tw.asarray(x).map_blocks(np.sqrt)
    assert (lazy.shape, lazy.dtype) == (x.shape, x.dtype)
    np.testing.assert_array_equal(lazy.compute(), np.sqrt(x))
    small = tw.asarray(x).map_blocks(lambda b: b.astype("i2"), dtype="i2", block=7)
    np.testing.assert_array_equal(small.compute(), x.astype("i2"))


@given(
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    depth=st.integers(0, 3),
    block=st.integers(1, 6),
    mode=st.sampled_from(["reflect", "mirror", "nearest", "wrap", "constant"]),
)
def test_overlaps_are_those_of_the_whole_array(shape, depth, block, mode):
    x = array(shape, "f8")
    size = 2 * depth + 1
    # Its own border mode never shows: what it touches is cut off.
    lazy = tw.asarray(x).map_overlap(
        lambda b: ndimage.maximum_filter(b, size, mode="nearest"), depth, mode=mode, cval=2.5, block=block
    )
    np.testing.assert_array_equal(lazy.compute(), ndimage.maximum_filter(x, size, mode=mode, cval=2.5))


def test_a_depth_for_each_axis_and_a_graph_around_it():
    x = array((50, 60))
    lazy = (tw.asarray(x) * 2).map_overlap(lambda b: ndimage.uniform_filter1d(b, 5, axis=1), (0, 2), block=(7, None))
    want = ndimage.uniform_filter1d(x * 2, 5, axis=1)
    np.testing.assert_array_equal((lazy + 1).compute(), want + 1)
    np.testing.assert_allclose(lazy.mean().compute(), want.astype("f8").mean(), rtol=1e-12)


def test_blocks_follow_from_the_array_and_not_from_the_schedule():
    x = array((300, 500))
    seen = []
    lock = threading.Lock()

    def note(block):
        with lock:
            seen[-1].append(block.shape)
        return block

    lazy = tw.asarray(x).map_blocks(note, block=(64, 200))
    for options in ({}, {"threads": 1}, {"memory": "24MiB"}, {"threads": 5, "memory": "64MiB"}):
        seen.append([])
        lazy.compute(**options)
    rows, columns = [64] * 4 + [44], [200, 200, 100]
    assert all(sorted(s) == sorted((r, c) for r in rows for c in columns) for s in seen)
    whole = []
    tw.asarray(x).map_blocks(lambda b: (whole.append(b.shape), b)[1], block=(100, None)).compute()
    assert whole == [(100, 500)] * 3


def test_a_block_is_the_functions_own():
    x = array((1000,))
    before = x.copy()

    def change(block):
        block += 1
        return block

    np.testing.assert_array_equal(tw.asarray(x).map_blocks(change).compute(), before + 1)
    np.testing.assert_array_equal(x, before)
    kept = []
    tw.asarray(x).map_blocks(lambda b: (kept.append(b), b)[1], block=100).compute()
    np.testing.assert_array_equal(np.concatenate(sorted(kept, key=lambda b: np.flatnonzero(x == b[0])[0])), x)


def test_an_exception_is_raised_as_it_is_and_no_file_stays(tmp_path):
    class Odd(Exception):
        pass

    def fail(block):
        if block[0] > 500:
            raise Odd("not this one")
        return block

    lazy = tw.asarray(np.arange(1000.0)).map_blocks(fail, block=100)
    with pytest.raises(Odd, match="not this one") as e:
        lazy.save(tmp_path / "out.npy")
    assert list(tmp_path.iterdir()) == []
    assert any("fail" in frame.name for frame in e.traceback)
    if sys.version_info >= (3, 11):
        assert 'step "map_blocks"' in e.value.__notes__[0] and "[600:700]" in e.value.__notes__[0]


@pytest.mark.parametrize(
    ("function", "options", "error", "words"),
    [
        (lambda b: b[:-1], {}, ValueError, r"shape \(99,\), the block has \(100,\)"),
        (lambda b: b.astype("f4"), {}, TypeError, r"float32, float64 was promised; pass dtype=np.float32"),
        (lambda b: b, {"block": 0}, ValueError, "extent of 0"),
        (lambda b: b, {"block": (1, 2)}, ValueError, "block has 2 entries"),
        (lambda b: b, {"scratch_bytes_per_element": -1}, ValueError, "scratch_bytes_per_element"),
        (3, {}, TypeError, "module:name"),
        ("nowhere:f", {}, ValueError, "cannot be imported"),
        ("numpy", {}, ValueError, "module:name"),
        ("numpy:nothing", {}, ValueError, "cannot be imported"),
    ],
)
def test_what_cannot_work_says_why(function, options, error, words):
    with pytest.raises(error, match=words):
        tw.asarray(np.arange(100.0)).map_blocks(function, **options).compute()


def test_a_constant_that_the_dtype_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="cval"):
        tw.asarray(np.arange(100, dtype="u1")).map_overlap(lambda b: b, 1, mode="constant", cval=-1)


def test_memory_is_declared_and_a_block_that_does_not_fit_is_refused():
    a = tw.asarray(array((1000, 1000), "f8"))
    with pytest.raises(MemoryError, match="budget is"):
        a.map_blocks(halve, block=-1, scratch_bytes_per_element=1000).plan(memory="64MiB")
    text = str(a.map_blocks(halve).plan(memory="64MiB"))
    assert "halve" in text and "author" in text


def test_files_and_pickles_carry_functions_that_have_a_name(tmp_path):
    x = array((20, 30))
    np.save(tmp_path / "x.npy", x)
    a = tw.open(tmp_path / "x.npy")
    with pytest.raises(ValueError, match="module:name"):
        a.map_blocks(halve).to_toml()
    lazy = a.map_blocks("numpy:sqrt", block=(8, None))
    (tmp_path / "job.toml").write_text(lazy.to_toml(tmp_path / "out.npy"))
    out = tw.run(tmp_path / "job.toml")["map_blocks"]
    np.testing.assert_array_equal(np.asarray(out), np.sqrt(x))
    again = pickle.loads(pickle.dumps(a.map_blocks(halve)))
    np.testing.assert_array_equal(again.compute(), x / 2)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(a.map_blocks(lambda b: b))
    # What cannot be made again is not recorded as if it could.
    a.map_blocks(halve).save(tmp_path / "half.npy")
    assert not (tmp_path / "half.npy.tilewise.json").exists()


def test_functions_go_when_the_graph_goes():
    import gc
    import weakref

    def own(block):
        return block

    gone = weakref.ref(own)
    lazy = tw.asarray(np.arange(5.0)).map_blocks(own)
    lazy.compute()
    del own, lazy
    gc.collect()
    assert gone() is None


def test_a_function_may_compute_an_array_of_its_own():
    x = array((64, 64))
    lazy = tw.asarray(x).map_blocks(lambda b: b - tw.asarray(b).mean().compute().astype(b.dtype), block=(8, None))
    want = np.concatenate([x[i : i + 8] - x[i : i + 8].astype("f8").mean().astype("f4") for i in range(0, 64, 8)])
    np.testing.assert_array_equal(lazy.compute(), want)
