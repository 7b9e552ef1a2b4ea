"""Distinct values, the first few, modes and groups against NumPy, SciPy and pandas: entries for REFERENCES of
test_oracle.py."""

import warnings

import numpy as np
import pandas
import pytest
from hypothesis import strategies as st
from scipy import stats

import tilewise as tw

DTYPES = ["?", "u1", "u2", "u4", "u8", "i1", "i4", "i8", "f2", "f4", "f8", ">i2", ">f4"]


def some(data, dtypes=DTYPES, least=0, values=12):
    """An array of few different values, with NaN here and there."""
    shape = data.draw(st.lists(st.integers(least, 12), min_size=1, max_size=3))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    dtype = np.dtype(data.draw(st.sampled_from(dtypes)))
    x = rng.integers(0, data.draw(st.sampled_from([2, values, 100])), shape)
    x = x / 4 - 3 if dtype.kind == "f" else x
    x = np.asarray(x).astype(dtype, order=data.draw(st.sampled_from("CF")))
    if dtype.kind == "f" and data.draw(st.booleans()):
        x[rng.random(shape) < 0.1] = np.nan
    return x


def unique(data):
    x = some(data)
    got = tw.asarray(x).unique().compute()
    assert got.dtype == x.dtype.newbyteorder("=")
    np.testing.assert_array_equal(got, np.unique(x))
    if got.size > 1:
        with pytest.raises(tw.Error, match="distinct values"):
            tw.asarray(x).unique(values_max=got.size - 1).compute()


def unique_counts(data):
    x = some(data)
    got = tw.asarray(x).unique_counts().compute()
    np.testing.assert_array_equal(got, np.unique(x, return_counts=True)[1])


def topk(data):
    x = some(data, least=1)
    axis = data.draw(st.none() | st.integers(0, x.ndim - 1))
    k = data.draw(st.integers(1, x.size if axis is None else x.shape[axis]))
    order = np.sort(x.ravel() if axis is None else np.moveaxis(x, axis, 0), axis=0)
    np.testing.assert_array_equal(tw.asarray(x).topk(k, axis).compute(), order[::-1][:k])
    np.testing.assert_array_equal(tw.asarray(x).topk(k, axis, largest=False).compute(), order[:k])


def mode(data):
    x = some(data, least=1)
    axis = data.draw(st.none() | st.integers(0, x.ndim - 1))
    policy = data.draw(st.sampled_from(["propagate", "omit"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = stats.mode(x.astype("f8"), axis, nan_policy=policy).mode
    # Of a stored array `mode` is how it is open, as of a memory map.
    got = tw.mode(x, axis, skipna=policy == "omit").compute()
    np.testing.assert_array_equal(np.asarray(got).astype("f8"), want)


def histogram2d(data):
    x = some(data, ["u1", "i4", "f4", "f8", ">f8"], least=1)
    x[~np.isfinite(x)] = 0
    y = np.ascontiguousarray(np.roll(x, 1, -1) * 2 % 7).astype(data.draw(st.sampled_from(["f8", x.dtype])))
    bins = data.draw(st.sampled_from([1, 10, (3, 7)]))
    window = data.draw(st.sampled_from([None, [[-1, 2.5], [0, 5]]]))
    want = np.histogram2d(x.ravel(), y.ravel(), bins, window)[0]
    given = {} if window is None else {"range": [*window[0], *window[1]]}
    got = tw.asarray(x).histogram2d(y, bins if np.isscalar(bins) else list(bins), **given).compute()
    np.testing.assert_array_equal(got, want)


def equalize_hist(data):
    x = some(data, ["u1", "i2", "f4", "f8", ">f8"], least=1)
    axis = data.draw(st.none() | st.integers(0, x.ndim - 1))

    def one(cell):
        finite = cell[np.isfinite(cell)]
        if not finite.size:
            return np.full(cell.shape, np.nan)
        if x.dtype.kind == "f":
            counts, edges = np.histogram(finite, 16)
            centers = (edges[:-1] + edges[1:]) / 2
        else:
            counts = np.bincount(finite - finite.min())
            centers = np.arange(finite.min(), finite.max() + 1)
        shares = np.interp(cell.ravel(), centers, counts.cumsum() / counts.sum()).reshape(cell.shape)
        return np.where(np.isnan(cell), np.nan, shares)

    y = x if x.dtype.kind == "f" else x.astype("i8")
    want = one(y) if axis is None else np.apply_along_axis(one, axis, y)
    got = tw.asarray(x).equalize_hist(axis, bins=16).compute()
    np.testing.assert_allclose(got.astype("f8"), want, rtol=1e-6, atol=1e-6)


def grouped(data):
    stat = data.draw(st.sampled_from(["sum", "mean", "count", "min", "max", "std", "var"]))
    x = some(data, ["u1", "i2", "i8", "f4", "f8", ">f4"], least=1)
    rng = np.random.default_rng(x.size)
    dtype = data.draw(st.sampled_from(["u1", "i1", "i4", "i8"]))
    n = data.draw(st.integers(1, 4))
    labels = rng.integers(0 if dtype == "u1" else -1, n, x.shape[0]).astype(dtype)
    labels[rng.integers(0, x.shape[0])] = n - 1
    ddof = data.draw(st.integers(0, 1))
    table = pandas.DataFrame(x.reshape(x.shape[0], -1).astype("f8")).groupby(labels.astype("i8"))
    want = getattr(table, stat)(ddof=ddof) if stat in ("std", "var") else getattr(table, stat)()
    want = want.reindex(range(n), fill_value=0 if stat in ("sum", "count") else np.nan).to_numpy()
    given = {"groups": n} if data.draw(st.booleans()) else {}
    lazy = tw.asarray(x).grouped(labels, stat, axis=0, skipna=True, ddof=ddof, **given)
    if stat in ("min", "max") and x.dtype.kind != "f" and len(set(labels[labels >= 0])) < n:
        with pytest.raises(tw.Error, match="of nothing"):
            lazy.compute()
        return
    got = lazy.compute()
    assert got.shape == (n, *x.shape[1:])
    # pandas takes the variance of no more than ddof elements for missing, and so do we.
    np.testing.assert_allclose(got.reshape(n, -1).astype("f8"), want, rtol=1e-6 if x.dtype.itemsize < 8 else 1e-12, atol=1e-12)
    if stat == "sum" and x.dtype.kind != "f":
        by = np.broadcast_to(labels.reshape(-1, *[1] * (x.ndim - 1)), x.shape)
        flat = tw.asarray(x).grouped(np.ascontiguousarray(by), "sum", groups=n).compute()
        np.testing.assert_array_equal(flat, np.bincount(by[by >= 0], x[by >= 0].astype("f8"), n))


REFERENCES = {"unique": unique, "unique_counts": unique_counts, "topk": topk, "mode": mode}
REFERENCES |= {"histogram2d": histogram2d, "equalize_hist": equalize_hist, "grouped": grouped}
