"""Files as arrays: every mode, slices, elements, memory maps of NumPy, other processes."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import tilewise as tw


def test_the_example_of_numpys_memory_maps():
    data = np.random.default_rng(1).random((3, 4)).astype("float32")
    fp = tw.create("newfile.dat", dtype="float32", mode="w+", shape=(3, 4))
    fp[:] = data[:]
    fp.flush()
    del fp
    fp = tw.open("newfile.dat", dtype="float32", mode="r+", shape=(3, 4))
    assert str(fp) == str(data)
    assert fp[1, 2] == data[1, 2] and isinstance(fp[1, 2], np.float32)
    fp[1, 2] = 9.0
    fp.close()
    data[1, 2] = 9.0
    np.testing.assert_array_equal(np.memmap("newfile.dat", "float32", "r", shape=(3, 4)), data)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "<u4", ">i8", "f2", ">f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("offset", [0, 13, 4096])
def test_every_layout_is_seen_as_numpy_sees_it(dtype, order, offset):
    data = np.arange(60).reshape(3, 4, 5).astype(dtype)
    with open("a.dat", "wb") as f:
        f.write(b"\0" * offset + data.tobytes(order))
    memmap = np.memmap("a.dat", dtype, "r", offset, (3, 4, 5), order)
    a = tw.open("a.dat", dtype, "r", offset, (3, 4, 5), order)
    view = np.asarray(a)
    assert view.strides == memmap.strides and not view.flags.writeable
    np.testing.assert_array_equal(view, memmap)
    np.testing.assert_array_equal(a[1:, ::2, -1].compute(), memmap[1:, ::2, -1])
    np.testing.assert_array_equal(tw.asarray(memmap)[0].compute(), memmap[0])


def test_modes_do_what_numpys_do():
    np.arange(6, dtype="i4").tofile("a.dat")
    read = tw.open("a.dat", "i4", shape=6)
    with pytest.raises(ValueError, match="read-only"):
        read[0] = 1
    private = tw.open("a.dat", "i4", "c", shape=6)
    private[0] = 100
    assert private.sum().compute() == 115 and read.sum().compute() == 15
    shared = tw.open("a.dat", "i4", "r+", shape=6)
    shared[0] = 50
    assert read.sum().compute() == 65 and np.fromfile("a.dat", "i4")[0] == 50
    with pytest.raises(FileExistsError):
        tw.create("a.dat", "i4", shape=6)
    assert tw.create("a.dat", "i4", shape=3, overwrite=True).sum().compute() == 0
    with pytest.raises(FileNotFoundError):
        tw.open("none.dat", "i4", "r+", shape=6)
    with pytest.raises(ValueError, match="mode"):
        tw.open("a.dat", "i4", "x", shape=3)


def test_a_copy_on_write_array_is_not_saved_over_its_own_file():
    np.save("a.npy", np.arange(6, dtype="i4"))
    os.link("a.npy", "b.npy")
    for mode in ("r", "r+", "c"):
        with pytest.raises(ValueError, match="b.npy"):
            (tw.asarray(np.load("a.npy", mmap_mode=mode)[::2]) + 1).save("b.npy", overwrite=True)
    private = tw.open("a.npy", mode="c")
    private[0] = 100
    for path in ("a.npy", "b.npy", os.path.abspath("a.npy")):
        with pytest.raises(ValueError, match=r'input "a"'):
            (private + 1).save(path, overwrite=True)
    assert np.load("a.npy")[0] == 0
    out = (private + 1).save("c.npy")
    np.testing.assert_array_equal(out, [101, 2, 3, 4, 5, 6])
    # A record would tell of a file that does not have what was read.
    assert not os.path.exists("c.npy.tilewise.json")


def test_a_view_outlives_its_array_and_a_closed_array_says_so():
    np.save("a.npy", np.arange(4))
    with tw.open("a.npy") as a:
        view = np.asarray(a)
        lazy = a + 1
    assert view.sum() == 6 and "closed" in repr(a)
    np.testing.assert_array_equal(lazy.compute(), [1, 2, 3, 4])
    with pytest.raises(ValueError, match="closed"):
        a + 1


def test_slices_share_the_map():
    np.save("a.npy", np.arange(24).reshape(4, 6))
    a = tw.open("a.npy", "int64", "r+", axes="yx")
    part = a[1:3, ::2]
    assert isinstance(part, tw.StoredArray) and part.shape == (2, 3) and part.axes == "yx"
    part[0, 0] = -1
    assert a[1, 0] == -1 and part.min().compute() == -1
    assert np.shares_memory(np.asarray(part), np.asarray(a))
    with pytest.raises(IndexError):
        a[4]


def test_memmaps_are_known_by_their_files_and_arrays_are_used_in_place():
    np.arange(100, dtype="f4").tofile("a.dat")
    memmap = np.memmap("a.dat", "f4", "r", 40, (3, 5))
    a = tw.asarray(memmap[1:])
    assert a.path == os.path.abspath("a.dat") and "offset = 60" in (a + 1).to_toml()
    np.testing.assert_array_equal((a + 1).compute(), memmap[1:] + 1)
    # Columns are apart in the file: used as memory.
    np.testing.assert_array_equal(tw.asarray(memmap[:, ::2]).sum(axis=0).compute(), memmap[:, ::2].sum(0))
    x = np.arange(12.0).reshape(3, 4)
    for y in (x, x.T, x[::-1, ::2], x[:, :0], np.broadcast_to(x[0], (5, 4)), x.astype(">f4"), x[1, 2:3]):
        np.testing.assert_array_equal((tw.asarray(y) * 2).compute(), y * 2)
    b = tw.asarray(x)
    x[0, 0] = 7
    assert b.max().compute() == 11 and b[0, 0] == 7


def test_two_processes_see_each_other():
    a = tw.create("a.npy", "i4", shape=4)
    code = "import tilewise as tw; a = tw.open('a.npy', mode='r+'); a[2] = 5; a.close()"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert a[2] == 5 and a.sum().compute() == 5


def test_a_file_that_was_removed_is_still_there_for_who_has_it_open():
    np.save("a.npy", np.arange(5.0))
    a = tw.open("a.npy")
    os.remove("a.npy")
    assert a.sum().compute() == 10


def test_other_libraries_take_elements_by_dlpack():
    data = np.arange(24, dtype="f4").reshape(2, 3, 4)
    np.save("a.npy", data)
    shared = tw.open("a.npy", mode="r+")
    view = np.from_dlpack(shared)
    assert np.shares_memory(view, np.asarray(shared)) and shared.__dlpack_device__() == (1, 0)
    np.testing.assert_array_equal(view, data)
    np.testing.assert_array_equal(np.from_dlpack(shared[1, ::2]), data[1, ::2])
    shared[0, 0, 0] = 7
    assert view[0, 0, 0] == 7
    # What may not be written is given to those alone who can be told so, as NumPy does.
    read = tw.open("a.npy")
    with pytest.raises(BufferError, match="readonly"):
        read.__dlpack__()
    seen = np.from_dlpack(read)
    assert not seen.flags.writeable and seen[0, 0, 0] == 7 and not read.__array__().flags.writeable
    np.testing.assert_array_equal(np.from_dlpack(tw.asarray(data)), data)
    np.array([1, 2], ">i4").tofile("b.dat")
    with pytest.raises(BufferError):
        np.from_dlpack(tw.open("b.dat", ">i4", shape=2, mode="r+"))
    with open("t.csv", "w") as f:
        f.write("a\n1\n2\n")
    with pytest.raises(BufferError, match="numpy.asarray"):
        np.from_dlpack(tw.open("t.csv"))
    shared.close()
    with pytest.raises(ValueError, match="closed"):
        np.from_dlpack(shared)
    assert view[0, 0, 0] == 7


def test_pickles_hold_graphs_and_paths():
    np.save("a.npy", np.arange(1000.0))
    a = tw.open("a.npy")
    lazy = ((a[10:] + 1).rolling_mean(3, min_count=1) * 2).mean()
    text = pickle.dumps(lazy)
    assert len(text) < 2000
    assert pickle.loads(text).compute() == lazy.compute()
    np.testing.assert_array_equal(np.asarray(pickle.loads(pickle.dumps(a[3:5]))), [3.0, 4.0])
    with pytest.raises(TypeError, match="memory"):
        pickle.dumps(tw.asarray(np.arange(3)) + 1)


def test_dtypes_with_two_meanings_are_refused():
    with open("a.dat", "wb") as f:
        f.write(bytes(16))
    for name, words in [("u8", "u1.*|u64"), ("i8", "i64"), ("f16", "float128")]:
        with pytest.raises(TypeError, match=words):
            tw.open("a.dat", name, shape=2)
    assert tw.open("a.dat", "u16", shape=8).dtype == np.uint16
    with pytest.raises(TypeError):
        tw.open("a.dat", "M8[s]", shape=2)


def test_a_run_in_a_forked_child_works():
    a = tw.asarray(np.arange(1 << 20, dtype="f4"))
    want = a.std().compute()
    child = os.fork()
    if child == 0:
        os._exit(0 if a.std().compute() == want else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
