"""Exponential weights and windows of two arrays against pandas: entries for REFERENCES of test_oracle.py."""

import numpy as np
import pandas
from hypothesis import strategies as st

import tilewise as tw

ROOM = {2: 2e-3, 4: 1e-6, 8: 1e-9}


def series(data, dtypes, length=120, gaps=True):
    """Numbers along one axis, here and there without some, not always near 0."""
    dtype = np.dtype(data.draw(st.sampled_from(dtypes)))
    n = data.draw(st.integers(1, length))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    far = data.draw(st.sampled_from([0, 0, 1e6])) if dtype == "f8" else 0
    x = (rng.integers(0, 100, n) + (rng.random(n) + far if dtype.kind == "f" else 0)).astype(dtype)
    if gaps and dtype.kind == "f":
        x[rng.random(n) < data.draw(st.sampled_from([0, 0.2, 0.9]))] = np.nan
    return x


def same(got, want, room, atol=0.0):
    want = np.asarray(want)
    assert got.shape == want.shape
    np.testing.assert_allclose(got.astype("f8"), want, rtol=room, atol=atol)


def ewm(name):
    def check(data):
        x = series(data, ["f2", "f4", "f8", ">f8", "u1", "i4"])
        speed = data.draw(st.sampled_from([("alpha", 0.3), ("com", 4.0), ("span", 1.5), ("span", 40), ("halflife", 2.5)]))
        options = dict([speed], adjust=data.draw(st.booleans()), ignore_na=data.draw(st.booleans()))
        least = data.draw(st.integers(1, 4))
        bias = {} if name == "mean" else {"bias": data.draw(st.booleans())}
        if name != "mean" and np.isnan(x).mean() > 0.3:
            # Where nearly all of the weight is in one value pandas divides by a difference without digits.
            bias = {"bias": True}
        theirs = pandas.Series(x.astype("f8")).ewm(min_periods=least, **options)
        want = getattr(theirs, name)(**bias).to_numpy()
        if bias.get("bias") is False:
            # That difference, of a single value and a gap: not always 0.
            want = np.where((~np.isnan(x)).cumsum() < 2, np.nan, want)
        got = getattr(tw.asarray(x), "ewm_" + name)(min_count=least, **options, **bias).compute()
        assert got.dtype == (x.dtype.newbyteorder("=") if x.dtype.kind == "f" else np.dtype("f4" if x.dtype == "u1" else "f8"))
        # Of what hardly has a share pandas' variance keeps few digits.
        same(got, want, ROOM[got.dtype.itemsize], {"mean": 0, "var": 1e-6, "std": 1e-4}[name] if got.dtype.itemsize > 2 else 1e-2)

    return check


def pair(name):
    def check(data):
        x = series(data, ["f4", "f8", "i2", "u4"])
        rng = np.random.default_rng(x.size)
        y = (rng.random(x.size) * 50 + np.nan_to_num(x)).astype(data.draw(st.sampled_from(["f4", "f8", "i2"])))
        window = data.draw(st.sampled_from([3, 4, 9, 50]))
        least = data.draw(st.integers(2, window))
        center, ddof = data.draw(st.booleans()), data.draw(st.integers(0, 1)) if name == "cov" else 1
        a, b = pandas.Series(x.astype("f8")), pandas.Series(y.astype("f8"))
        options = {"ddof": ddof} if name == "cov" else {}
        with np.errstate(all="ignore"):
            want = getattr(a.rolling(window, min_periods=least, center=center), name)(b, **options).to_numpy()
        lazy = getattr(tw.asarray(x), "rolling_" + name)
        got = lazy(tw.asarray(y), window, min_count=least, center=center, **options).compute()
        np.testing.assert_array_equal(lazy(y, window, min_count=least, center=center, step=3, **options).compute(), got[::3])
        # pandas subtracts the product of means, in which values far from 0 lose digits, and takes a window of
        # equal values for one that varies a little.
        scale = np.nanmax(np.abs([a, b])) ** 2
        if name == "cov":
            same(got, want, ROOM[got.dtype.itemsize], 1e-13 * scale * window)
        else:
            spread = [s.rolling(window, min_periods=least, center=center).var().to_numpy() for s in (a, b)]
            some = (np.minimum(*spread) > 1e-9 * scale) & ~np.isnan(want)
            same(got[some], want[some], 1e-5, 1e-5)
            assert np.isnan(got[pandas.Series(a + b).rolling(window, min_periods=least, center=center).count() < 2]).all()

    return check


REFERENCES = {
    **{"ewm_" + name: ewm(name) for name in ("mean", "var", "std")},
    **{"rolling_" + name: pair(name) for name in ("cov", "corr")},
}
