"""Series: records in a new order, random numbers, and rows gathered into buckets."""

import numpy as np
import pandas
import pytest
from hypothesis import strategies as st
from oracle_common import arrays, close, quiet, real_dtype, rounding
from scipy import stats

import tilewise as tw

REAL = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", ">u2", ">f4", ">f8"]


def shuffle(data):
    x = data.draw(arrays(min_side=1))
    axis, seed = data.draw(st.integers(-x.ndim, x.ndim - 1)), data.draw(st.integers(0, 99))
    got = tw.asarray(x).shuffle(seed, axis=axis).compute()
    assert got.dtype == x.dtype.newbyteorder("=")
    # The order is that of the indices, whatever the records.
    order = tw.asarray(np.arange(x.shape[axis])).shuffle(seed).compute()
    np.testing.assert_array_equal(np.sort(order), np.arange(x.shape[axis]))
    np.testing.assert_array_equal(got, np.take(x, order, axis=axis))


def splitmix(seed, n):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (np.arange(1, n + 1, dtype="u8")) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def random(data):
    x = data.draw(arrays())
    seed = data.draw(st.integers(0, 2**63 - 1))
    a = tw.asarray(x)
    share = (splitmix(seed, x.size) >> np.uint64(11)).reshape(x.shape) / 2.0**53
    got = a.random(seed=seed).compute()
    assert got.dtype == real_dtype(x.dtype) and got.shape == x.shape
    kept = {2: 11, 4: 24, 8: 53}[got.dtype.itemsize]
    np.testing.assert_array_equal(got.astype("f8"), np.floor(share * 2.0**kept) / 2.0**kept)
    normal = a.random("normal", seed=seed, mean=3, std=2).compute()
    middle = share + 2.0**-54
    close(normal, stats.norm.ppf(middle) * 2 + 3, max(rounding(normal.dtype), 1e-13), 1e-12 if normal.itemsize == 8 else 1e-2)


def resample(data):
    x = data.draw(arrays(REAL, max_dims=2, min_side=1, max_side=40, finite=True))
    if x.dtype.kind == "f":
        x[np.random.default_rng(x.size).random(x.shape) < data.draw(st.sampled_from([0, 0.2]))] = np.nan
    n = x.shape[0]
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    steps = rng.choice([0, 1, 2, 30, 500], n, p=[0.2, 0.3, 0.2, 0.2, 0.1])
    time = np.datetime64("2020-03-01T05:07", "ns").astype("i8") + np.cumsum(steps) * 1_000_000_000
    every, rule = data.draw(st.sampled_from([("7s", "7s"), ("1min", "1min"), ("1h", "1h"), ("90s", "90s")]))
    origin = data.draw(st.sampled_from(["start_day", "epoch", "start"]))
    stat = data.draw(st.sampled_from(["mean", "sum", "min", "max", "first", "last", "count", "median", "std", "var", "ohlc"]))
    frame = pandas.DataFrame(np.atleast_2d(x.T).T.astype("f8"), index=pandas.DatetimeIndex(time.astype("M8[ns]")))
    want = quiet(getattr(frame.resample(rule, origin=origin), stat))
    got = tw.asarray(x).resample(stat, time=time, every=every, origin=origin, axis=0).compute()
    begins = tw.asarray(x).resample("time", time=tw.asarray(time), every=every, origin=origin, axis=0).compute()
    np.testing.assert_array_equal(begins, want.index.values.astype("M8[ns]").astype("i8"))
    table = want.to_numpy()
    if stat == "ohlc":
        table = table.reshape(len(table), -1, 4)
    room = 1e-11 if got.dtype.kind == "i" else max(rounding(got.dtype), 1e-11)
    # pandas adds in f64; variances of equal values are not always zero there.
    atol = {"std": 1e-6, "var": 1e-9}.get(stat, 1e-9)
    close(got.reshape(table.shape), table, room, max(atol, 1e-1 if got.dtype == np.float16 else 0))
    if n > 1:
        with pytest.raises(ValueError, match="time runs backwards"):
            tw.asarray(x).resample(time=np.append(time[:-1] + 1, 0), every="1s", axis=0)
    count = data.draw(st.integers(1, 50))
    blocks = [quiet(np.nanmax, x[i : i + count].astype("f8"), axis=0) for i in range(0, n, count)]
    np.testing.assert_array_equal(tw.asarray(x).resample("max", count=count, axis=0).compute().astype("f8"), np.stack(blocks))


REFERENCES = {"shuffle": shuffle, "random": random, "resample": resample}
