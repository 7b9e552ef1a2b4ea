"""Graphs: laziness, pipelines and files, runs, refusals, interruption."""

import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import tilewise as tw


@pytest.fixture
def stack():
    data = np.random.default_rng(2).integers(0, 4000, (6, 40, 50), dtype=np.uint16)
    np.save("stack.npy", data)
    dark = np.random.default_rng(3).integers(0, 90, (40, 50), dtype=np.uint16)
    dark.tofile("dark.dat")
    return data, dark


def test_the_example_of_the_design(stack):
    raw, dark = tw.open("stack.npy", axes="tyx"), tw.open("dark.dat", dtype="u2", shape=(40, 50), axes="yx")
    clean = ((raw - dark) / 4096).gaussian(1.5, axes="yx").zscore()
    saved = clean.save("clean.npy", memory="512MiB")
    mean, std, shares = tw.compute(raw.mean(), raw.std(), raw.quantile([0.01, 0.99]))

    from scipy import ndimage

    flat = (stack[0].astype("f8") - stack[1]) / 4096
    smooth = ndimage.gaussian_filter(flat, 1.5, axes=(1, 2))
    np.testing.assert_allclose(np.asarray(saved), (smooth - smooth.mean()) / smooth.std(), atol=2e-5)
    assert saved.dtype == np.float32 and saved.axes == "tyx"
    assert (mean, std) == (stack[0].mean(), pytest.approx(stack[0].std(), rel=1e-15))
    np.testing.assert_allclose(shares, np.quantile(stack[0], [0.01, 0.99]))


def test_nothing_runs_before_it_is_asked_for(stack):
    a = tw.open("stack.npy")
    before = set(os.listdir())
    lazy = np.sqrt(a * 2.0)[1:3].mean(axis=0)
    assert "not computed" in repr(lazy) and lazy.shape == (40, 50) and lazy.dtype == np.float64
    assert "mean" in str(lazy.plan()) and lazy.plan().json["passes"]
    assert set(os.listdir()) == before


def test_graphs_and_pipeline_files_are_the_same_thing(stack):
    raw = tw.open("stack.npy", axes="tyx")
    lazy = (raw / 7 + raw).median(3, axes="yx")
    with open("job.toml", "w") as f:
        f.write(lazy.to_toml("out.npy"))
    out = tw.run("job.toml", {"median.size": 5})["median"]
    np.testing.assert_array_equal(np.asarray(out), (raw / 7 + raw).median(5, axes="yx").compute())
    pipeline = tw.load_pipeline("job.toml")
    assert pipeline.to_toml() == lazy.to_toml("out.npy")
    assert pipeline.inputs == {"stack": "stack.npy"} and pipeline.steps == {"expr": "expr", "median": "median"}
    assert "median" in str(pipeline.plan())
    with pytest.raises(FileExistsError, match="overwrite=True"):
        pipeline.run()
    with pytest.raises(ValueError, match="memory"):
        (tw.asarray(np.arange(3)) + 1).to_toml()
    with open("bad.toml", "w") as f:
        f.write('[inputs]\nx = "stack.npy"\n[[step]]\nkernel = "gausian"\n[outputs]\ngausian = "o.npy"\n')
    with pytest.raises(ValueError, match="gaussian"):
        tw.run("bad.toml")


def test_shared_work_is_read_once(stack):
    a = tw.open("stack.npy")
    plan = tw.plan(a.mean(), a.std(), a.max(axis=0))
    assert len(plan.json["passes"]) == 1
    first, second = tw.save({"mean.npy": a.mean(axis=0), "max.npy": a.max(axis=0)})
    np.testing.assert_array_equal(np.asarray(first), stack[0].mean(axis=0))
    np.testing.assert_array_equal(np.asarray(second), stack[0].max(axis=0))


def test_the_same_part_twice_is_computed_once():
    data = np.linspace(-0.5, 0.5, 7)
    x, want = tw.asarray(data), data
    for _ in range(25):
        x, want = x * x + 0.25, want * want + 0.25
    np.testing.assert_allclose(x.compute(), want, rtol=1e-13)
    # A part that several arrays have in common is a name in the text, defined once and without parentheses.
    np.save("a.npy", data)
    a = tw.open("a.npy")
    part = a - 1
    assert 'expr = "p1 = a - 1; p1 / (p1 + 2)"' in (part / (part + 2)).to_toml("o.npy")
    # An array has that name already.
    np.save("p1.npy", data)
    p1 = tw.open("p1.npy")
    part = p1 - 1
    assert 'expr = "p2 = p1 - 1; p2 * p2"' in (part * part).to_toml("o.npy")


def test_sums_of_a_thousand_terms():
    data = np.arange(5.0)
    a = tw.asarray(data)
    total, want = 0, 0
    for i in range(2000):
        total, want = total + a * i, want + data * i
    np.testing.assert_array_equal(total.compute(), want)
    # The other side of the operator, functions inside functions, signs.
    for i in range(300):
        total, want = np.sqrt(np.abs(i - -total)), np.sqrt(np.abs(i - -want))
    np.testing.assert_array_equal(total.compute(), want)
    many = [tw.asarray(np.full(3, i)) for i in range(300)]
    assert list(sum(many).compute()) == [44850] * 3


def test_long_expressions_are_pipeline_files_too(stack):
    a = tw.open("stack.npy", axes="tyx")
    lazy, want = a, stack[0].astype("f4")
    for i in range(200):
        lazy = np.minimum(lazy, 900.5 + i) + lazy / 64 % 1
        want = np.minimum(want, np.float32(900.5 + i)) + want / 64 % 1
    with open("job.toml", "w") as f:
        f.write(lazy.to_toml("out.npy"))
    pipeline = tw.load_pipeline("job.toml")
    assert pipeline.to_toml() == lazy.to_toml("out.npy")
    tw.run("job.toml")
    np.testing.assert_array_equal(np.load("out.npy"), lazy.compute())
    np.testing.assert_allclose(np.load("out.npy"), want, rtol=1e-4)
    assert np.load("out.npy").dtype == np.float32


def test_graphs_are_built_in_time_that_grows_with_them():
    def seconds(nodes):
        x = tw.asarray(np.arange(3.0))
        began = time.perf_counter()
        for _ in range(nodes // 2):
            x = x * 0.5 + 1
        return time.perf_counter() - began

    seconds(10)
    assert seconds(500) < 1
    assert seconds(2000) < 4


def test_dtypes_of_parts_are_counted_at_the_arrays_read():
    a = tw.asarray(np.arange(4, dtype="u2"))
    difference = a - a
    assert difference.dtype == np.int32
    # An array of i32 would divide in f64.
    assert (difference / 2).dtype == np.float32 == (difference / 2).compute().dtype
    assert (tw.asarray(np.arange(4, dtype="i4")) / 2).dtype == np.float64
    with pytest.raises(ValueError, match=r"takes truth values, here is u16.*ndarray & \(ndarray_2 > 1\)"):
        a & (tw.asarray(np.arange(4)) > 1)


def test_too_long_an_expression_says_what_to_do():
    x = tw.asarray(np.arange(3.0))
    for i in range(6000):
        x = x * 1.2345678901234567 + i
    limit = r"12000 operations is an expression of \d+ bytes, and 100000 is the limit; \.compute\(\)"
    with pytest.raises(ValueError, match=limit):
        x.compute()


def test_long_expressions_are_pickled(stack):
    lazy = tw.open("stack.npy")
    for _ in range(1000):
        lazy = lazy * 0.5 + lazy % 3
    again = pickle.loads(pickle.dumps(lazy[0]))
    np.testing.assert_array_equal(again.compute(), lazy[0].compute())


def test_saving_keeps_what_is_asked_for(stack):
    a = tw.open("stack.npy", axes="tyx")
    out = (a * 2).save("o.npy", dtype="u1", order="F")
    assert out.dtype == np.uint8 and np.asarray(out).flags.f_contiguous
    np.testing.assert_array_equal(np.asarray(out), np.minimum(stack[0].astype(int) * 2, 255))
    raw = (a + 1).save("o.dat")
    assert raw.shape == a.shape and raw.dtype == np.int32
    with pytest.raises(FileExistsError, match="overwrite=True"):
        a.mean().save("o.npy")
    with pytest.raises(ValueError, match="has the path of the input"):
        (a + 1).save("stack.npy", overwrite=True)


def test_refusals_are_exceptions_of_fitting_classes(stack):
    a = tw.open("stack.npy", axes="tyx")
    with pytest.raises(MemoryError, match=r"needs at least .* the budget is 1000 B"):
        a.zscore().compute(memory=1000)
    with pytest.raises(ValueError, match="broadcast"):
        a + np.zeros((3, 3))
    with pytest.raises(ValueError, match="axis 3 is out of range"):
        a.mean(axis=3)
    with pytest.raises(ValueError, match="it takes one of reflect"):
        a.gaussian(1, mode="reflekt")
    with pytest.raises(TypeError, match="sgma"):
        a.gaussian(1, sgma=1)
    with pytest.raises(TypeError, match="arctan2 is not offered"):
        np.arctan2(a, 1)
    with pytest.raises(TypeError, match="numpy.where"):
        (a + 1)[a > 3]
    with pytest.raises(IndexError):
        a[9, 0, 0]
    with pytest.raises(ValueError, match="out of range"):
        (a + 1)[9]
    with pytest.raises(tw.Error, match="overflow"):
        (tw.asarray(np.full(3, 2**62)) * 4).compute()
    with pytest.raises(TypeError):
        bool(a == a)


def test_memory_stays_within_the_budget():
    with open("a.dat", "wb") as f:
        f.truncate(256 << 20)
    code = (
        "import tilewise as tw, numpy as np\n"
        "a = tw.open('a.dat', 'f4', shape=(64, 1024, 1024))\n"
        "def private(): return sum(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('RssAnon'))\n"
        "tw.asarray(np.arange(10)).mean().compute()\n"
        "before = private()\n"
        "import threading; peak = [0]; stop = threading.Event()\n"
        "def watch():\n"
        "    while not stop.wait(0.005): peak[0] = max(peak[0], private())\n"
        "t = threading.Thread(target=watch); t.start()\n"
        "a.zscore().save('b.npy', memory='32MiB'); stop.set(); t.join()\n"
        "print(peak[0] - before)\n"
    )
    grown = int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    assert grown < 32 << 10, f"{grown} KiB of private memory under a budget of 32 MiB"


def test_interruption_leaves_no_file():
    with open("a.dat", "wb") as f:
        f.truncate(2 << 30)
    code = (
        "import tilewise as tw\n"
        "a = tw.open('a.dat', 'f4', shape=(512, 1024, 1024), axes='tyx')\n"
        "print('go', flush=True)\n"
        "a.gaussian(9, axes='yx').save('b.npy', progress=False)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "go\n"
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors and child.returncode != 0
    assert os.listdir() == ["a.dat"]


@pytest.mark.parametrize("after", [0.0, 0.3, 0.9])
def test_interruption_comes_within_a_second(after):
    with open("a.dat", "wb") as f:
        f.truncate(2 << 30)
    code = (
        "import time, tilewise as tw\n"
        "a = tw.open('a.dat', 'f4', shape=(512, 1024, 1024), axes='tyx')\n"
        "try:\n"
        "    print('go', flush=True)\n"
        "    tw.save({'b.npy': a.median(5, axes='yx'), 'c.npy': a.zscore()}, progress=False)\n"
        "except KeyboardInterrupt:\n"
        "    print(time.monotonic())\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "go\n"
    time.sleep(after)
    sent = time.monotonic()
    child.send_signal(signal.SIGINT)
    told, _ = child.communicate(timeout=60)
    # One clock for all processes.
    assert float(told) - sent < 1.0
    assert child.returncode == 0 and os.listdir() == ["a.dat"]


def test_progress_is_told(capsys):
    from tilewise._progress import Bar

    bar = Bar(None)
    assert bar.text(10**9, 2 * 10**9, 1.0) == f"[{'#' * 15}{' ' * 15}]  50%  1.00 GB/s, 1.0 s left"
    a = tw.asarray(np.zeros(1 << 20))
    assert a.mean().compute(progress=True) == 0
    assert "100%" in capsys.readouterr().err


def test_the_command_is_the_binarys():
    done = subprocess.run([sys.executable, "-m", "tilewise", "kernels", "mean"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("mean: arithmetic mean")
    wrong = subprocess.run([sys.executable, "-m", "tilewise", "info", "none.npy"], capture_output=True, text=True)
    assert wrong.returncode == 1 and "none.npy" in wrong.stderr
