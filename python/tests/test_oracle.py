"""Every kernel of the registry against the library that defines it, on generated arrays.

A kernel without an entry in REFERENCES fails `test_every_kernel_has_a_reference`.
"""

import bottleneck
import numpy as np
import oracle_filters
import oracle_groups
import oracle_regions
import oracle_signal
import oracle_windows
import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from oracle_common import DTYPES, REAL, arrays, close, quiet, real_dtype, rounding
from oracle_series import REFERENCES as SERIES
from scipy import ndimage

import tilewise as tw
from tilewise import _native

RELAXED = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, print_blob=True
)


def an_axis(data, x):
    return data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))


def reduction(name):
    def check(data):
        low = 1 if name in ("min", "max") else 0
        x = data.draw(arrays([d for d in DTYPES if d != "?" or name in ("sum", "mean")], min_side=low))
        axis, skipna = an_axis(data, x), data.draw(st.booleans())
        wide = x.astype("f8") if x.dtype.kind == "f" else x.astype("i8") if name in ("sum",) else x
        if name in ("mean", "std", "var"):
            wide = x.astype("f8")
        want = quiet(getattr(np, ("nan" if skipna else "") + name), wide, axis=axis)
        got = getattr(tw.asarray(x), name)(axis=axis, skipna=skipna).compute()
        close(got, want, 1e-11 if name != "sum" or x.dtype.kind != "f" else rounding(real_dtype(x.dtype)), 1e-9)

    return check


def place(name):
    def check(data):
        x = data.draw(arrays(min_side=1))
        axis, skipna = an_axis(data, x), data.draw(st.booleans())
        lazy = getattr(tw.asarray(x), name)(axis=axis, skipna=skipna)
        try:
            want = quiet(getattr(np, ("nan" if skipna else "") + name), x, axis=axis)
        except ValueError:
            with pytest.raises(tw.Error, match="all elements are NaN"):
                lazy.compute()
            return
        got = lazy.compute()
        assert got.dtype == np.int64
        np.testing.assert_array_equal(got, want)

    return check


def end(name):
    def check(data):
        x = data.draw(arrays(min_side=1, min_dims=2, max_dims=2))
        skipna = data.draw(st.booleans())
        place = 0 if name == "first" else -1
        lazy = tw.asarray(x)
        np.testing.assert_array_equal(getattr(lazy, name)(axis=0).compute(), x[place])
        np.testing.assert_array_equal(getattr(lazy, name)(skipna=False).compute(), x[place, place])
        if x.dtype.kind == "f":
            # One group of all rows.
            frame = pandas.DataFrame(x.astype("f8"))
            want = getattr(frame.groupby(np.zeros(len(frame))), name)()
            np.testing.assert_array_equal(getattr(lazy, name)(axis=0, skipna=True).compute(), want.to_numpy()[0])
        elif skipna:
            np.testing.assert_array_equal(getattr(lazy, name)(axis=1, skipna=True).compute(), x[:, place])

    return check


def quantile(data):
    # NumPy gives NaN next to an infinity, where it subtracts two: docs/differences.md.
    x = data.draw(arrays(REAL, min_side=1, finite=True))
    axis = an_axis(data, x)
    q = data.draw(st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.77, 1.0]), min_size=1, max_size=3))
    want = quiet(np.quantile, x.astype("f8"), q, axis=axis)
    close(tw.asarray(x).quantile(q, axis=axis).compute(), want, max(rounding(real_dtype(x.dtype)), 1e-7), 1e-9)


def histogram(data):
    x = data.draw(arrays([d for d in REAL if d != "f2"], min_side=1, finite=True))
    want, _ = np.histogram(x, bins=7, range=(-20, 60))
    np.testing.assert_array_equal(tw.asarray(x).histogram(7, range=[-20, 60]).compute(), want)


def zscore(data):
    x = data.draw(arrays(REAL, min_side=2, finite=True))
    wide = x.astype("f8")
    want = quiet(lambda: (wide - wide.mean()) / wide.std())
    if np.isfinite(want).all():
        close(tw.asarray(x).zscore().compute(), want, 4 * max(rounding(real_dtype(x.dtype)), 1e-7), 1e-6)


def minmax(data):
    x = data.draw(arrays([d for d in REAL if d != "f2"], min_side=2, finite=True))
    wide = x.astype("f8")
    if wide.max() > wide.min():
        close(tw.asarray(x).minmax().compute(), (wide - wide.min()) / (wide.max() - wide.min()), 1e-5, 1e-6)


def robust(data):
    x = data.draw(arrays([d for d in REAL if d != "f2"], min_side=2, finite=True))
    wide = x.astype("f8")
    low, middle, high = np.quantile(wide, [0.25, 0.5, 0.75])
    if high > low:
        close(tw.asarray(x).robust().compute(), (wide - middle) / (high - low), 1e-5, 1e-5)


def percentile_rescale(data):
    x = data.draw(arrays([d for d in REAL if d != "f2"], min_side=2, finite=True))
    wide = x.astype("f8")
    low, high = np.quantile(wide, [0.1, 0.9])
    if high > low:
        want = np.clip((wide - low) / (high - low), 0, 1) * 255
        close(tw.asarray(x).percentile_rescale(q=[0.1, 0.9], high=255).compute(), want, 1e-5, 1e-3)


def standardize(data):
    x = data.draw(arrays(REAL, min_dims=2, min_side=2, finite=True))
    wide = x.astype("f8")
    want = (wide / 4 - 3) / 2
    close(tw.asarray(x).standardize(0, mean=3, std=2, scale=4).compute(), want, 4 * max(rounding(real_dtype(x.dtype)), 1e-7), 1e-2 if x.dtype.itemsize == 2 else 1e-6)


def filtered(name, theirs, **options):
    def check(data):
        x = data.draw(arrays(REAL, min_side=1, max_dims=2, finite=True))
        mode = data.draw(st.sampled_from(["reflect", "mirror", "nearest", "wrap"]))
        want = theirs(x.astype("f8"), mode=mode)
        got = getattr(tw.asarray(x), name)(mode=mode, **options).compute()
        assert got.dtype == x.dtype.newbyteorder("=")
        # Integers round half to even, once; a value next to a half may fall on either side.
        close(got, want, max(rounding(got.dtype), 1e-6), 0.5 + 1e-6 if x.dtype.kind != "f" else 1e-2 if x.dtype.itemsize == 2 else 1e-4)

    return check


def downsample(data):
    x = data.draw(arrays(["f4", "f8"], min_dims=2, max_dims=2, min_side=2, finite=True))
    rows, columns = x.shape[0] // 2, x.shape[1] // 2
    want = x[: rows * 2, : columns * 2].astype("f8").reshape(rows, 2, columns, 2).mean(axis=(1, 3))
    close(tw.asarray(x).downsample(2, boundary="trim").compute(), want, 1e-5, 1e-5)


def rolling_mean(data):
    x = data.draw(arrays(["f4", "f8"], max_dims=1, min_side=1, max_side=40, finite=True))
    window, least = data.draw(st.sampled_from([(1, 1), (3, 1), (5, 5), (7, 2)]))
    got = tw.asarray(x).rolling_mean(window, min_count=least).compute()
    series = pandas.Series(x.astype("f8"))
    close(got, series.rolling(window, min_periods=least).mean(), max(rounding(x.dtype), 1e-11), 1e-5 if x.dtype.itemsize == 4 else 1e-11)


def rolling_max(data):
    x = data.draw(arrays(["f4", "f8"], max_dims=2, min_side=7, max_side=30, finite=True))
    axis = data.draw(st.integers(0, x.ndim - 1))
    want = bottleneck.move_max(np.ascontiguousarray(x.astype("f8")), 5, min_count=1, axis=axis)
    close(tw.asarray(x).rolling_max(5, min_count=1, axis=axis).compute(), want, 0)


def rolling(name, *, rtol=1e-9, atol=1e-9, least=1, **options):
    """Held against the pandas method of that name, `min_count` and all."""

    def check(data):
        x = data.draw(arrays(REAL, max_dims=1, min_side=1, max_side=40, finite=True))
        if x.dtype.kind == "f" and data.draw(st.booleans()):
            x = x.copy()
            x[np.random.default_rng(x.size).random(x.size) < 0.2] = np.nan
        window = data.draw(st.sampled_from([3, 4, 9, 50]))
        count = data.draw(st.integers(least, window))
        center, step = data.draw(st.booleans()), data.draw(st.sampled_from([1, 1, 3]))
        series = pandas.Series(x.astype("f8")).rolling(window, min_periods=count, center=center, step=step)
        want = quiet(getattr(series, name), **options)
        lazy = getattr(tw.asarray(x), "rolling_" + name)(window, min_count=count, center=center, step=step, **options)
        got = lazy.compute()
        if name == "min":
            assert got.dtype == (x.dtype.newbyteorder("=") if count == 1 else real_dtype(x.dtype))
        room = rounding(got.dtype)
        close(got, want, max(room, rtol), max(atol, 2e-2 if got.dtype.itemsize == 2 else 0))

    return check


def rolling_quantile(data):
    q = data.draw(st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0]))
    rolling("quantile", q=q)(data)


def rolling_skew(data):
    # pandas gives up where the variance is below 1e-14; ours follows the definition.
    x = data.draw(arrays(["f8", "f4", "i2"], max_dims=1, min_side=3, max_side=40, finite=True))
    window = data.draw(st.sampled_from([3, 8, 20]))
    want = pandas.Series(x.astype("f8")).rolling(window, min_periods=3).skew()
    got = tw.asarray(x).rolling_skew(window, min_count=3).compute()
    spread = pandas.Series(x.astype("f8")).rolling(window, min_periods=3).var().to_numpy()
    some = ~(spread < 1e-6)
    close(np.asarray(got)[some], want.to_numpy()[some], max(rounding(got.dtype), 1e-6), 1e-6)


def rolling_place(name, theirs):
    def check(data):
        x = data.draw(arrays(["f4", "f8", "i4", "u2"], max_dims=2, min_side=7, max_side=30, finite=True))
        if x.dtype.kind == "f":
            # Ties.
            x = np.round(x / 10)
        axis = data.draw(st.integers(0, x.ndim - 1))
        window = data.draw(st.sampled_from([1, 2, 5, 7]))
        least = data.draw(st.integers(1, window))
        want = theirs(np.ascontiguousarray(x.astype("f8")), window, min_count=least, axis=axis)
        got = getattr(tw.asarray(x), name)(window, min_count=least, axis=axis).compute()
        assert got.dtype == np.float64
        close(got, want, 0)

    return check


def cumsum(data):
    x = data.draw(arrays(["i4", "u2", "f8"], min_side=1, finite=True))
    axis = data.draw(st.integers(0, x.ndim - 1))
    close(tw.asarray(x).cumsum(axis=axis).compute(), np.cumsum(x, axis=axis, dtype="f8"), 1e-12, 1e-10)


def cumprod(data):
    x = data.draw(arrays(["i4", "u2", "f8"], min_side=1, finite=True))
    axis = data.draw(st.integers(0, x.ndim - 1))
    close(tw.asarray(x).cumprod(axis=axis).compute(), np.cumprod(x, axis=axis, dtype="f8"), 1e-12, 1e-10)


def running_extreme(name, ufunc):
    def check(data):
        x = data.draw(arrays(max_dims=2, min_side=1))
        axis = data.draw(st.integers(0, x.ndim - 1))
        got = getattr(tw.asarray(x), name)(axis=axis).compute()
        assert got.dtype == x.dtype.newbyteorder("=")
        np.testing.assert_array_equal(got, quiet(ufunc.accumulate, x, axis=axis))
        if x.dtype.kind == "f":
            want = getattr(pandas.DataFrame(np.atleast_2d(x.astype("f8"))), name)(axis=axis if x.ndim == 2 else 1)
            got = getattr(tw.asarray(x), name)(axis=axis, skipna=True).compute()
            np.testing.assert_array_equal(np.atleast_2d(got).astype("f8"), want.to_numpy())

    return check


def interpolate(data):
    x = data.draw(arrays(["f2", "f4", "f8", "i4"], max_dims=2, min_side=1, max_side=30, finite=True))
    if x.dtype.kind == "f":
        x[np.random.default_rng(x.size).random(x.shape) < data.draw(st.sampled_from([0, 0.4, 0.9]))] = np.nan
    axis, limit = data.draw(st.integers(0, x.ndim - 1)), data.draw(st.none() | st.integers(1, 4))
    direction = data.draw(st.sampled_from(["forward", "backward", "both"]))
    got = tw.asarray(x).interpolate(axis=axis, limit=limit, limit_direction=direction).compute()
    assert got.dtype == x.dtype.newbyteorder("=")
    frame = pandas.DataFrame(np.atleast_2d(x.astype("f8")))
    want = frame.interpolate(axis=axis if x.ndim == 2 else 1, limit=limit, limit_direction=direction)
    close(np.atleast_2d(got), want.to_numpy(), rounding(got.dtype), 1e-12)


def filled(name):
    def check(data):
        x = data.draw(arrays(max_dims=2, min_side=1, max_side=30))
        if x.dtype.kind == "f":
            x[np.random.default_rng(x.size).random(x.shape) < data.draw(st.sampled_from([0, 0.4, 0.9]))] = np.nan
        axis, limit = data.draw(st.integers(0, x.ndim - 1)), data.draw(st.none() | st.integers(1, 4))
        got = getattr(tw.asarray(x), name)(axis=axis, limit=limit).compute()
        assert got.dtype == x.dtype.newbyteorder("=")
        wide = x.astype("f8") if x.dtype.kind == "f" else x.astype(x.dtype.newbyteorder("="))
        want = getattr(pandas.DataFrame(np.atleast_2d(wide)), name)(axis=axis if x.ndim == 2 else 1, limit=limit)
        np.testing.assert_array_equal(np.atleast_2d(got), want.to_numpy().astype(got.dtype))

    return check


def expr(data):
    x = data.draw(arrays(["f4", "f8"], finite=True))
    a = tw.asarray(x)
    close((np.sqrt(abs(a)) * 2 - a).compute(), np.sqrt(abs(x)) * 2 - x, 1e-5, 1e-4)


def cast(data):
    x = data.draw(arrays(REAL, finite=True))
    want = np.clip(np.rint(x.astype("f8")), 0, 255).astype("u1")
    np.testing.assert_array_equal(tw.asarray(x).astype("u1").compute(), want)
    np.testing.assert_array_equal(tw.asarray(x).cast("f8").compute(), x.astype("f8"))


def clip(data):
    x = data.draw(arrays(REAL))
    np.testing.assert_array_equal(tw.asarray(x).clip(2, 40).compute(), np.clip(x, 2, 40))


def transpose(data):
    x = data.draw(arrays())
    order = data.draw(st.permutations(range(x.ndim)))
    got = tw.asarray(x).transpose(list(order)).compute()
    assert got.dtype == x.dtype.newbyteorder("=")
    np.testing.assert_array_equal(got, x.transpose(order))


def slice_(data):
    x = data.draw(arrays(min_side=1))
    key = data.draw(hnp.basic_indices(x.shape, allow_newaxis=True))
    np.testing.assert_array_equal(np.asarray(tw.asarray(x).transpose().transpose()[key].compute()), x[key])


def concatenate(data):
    x = data.draw(arrays(min_side=1, max_dims=2))
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    # Of one kind: u64 with signed integers and f16 with integers differ by design.
    y = data.draw(arrays([x.dtype], min_side=1, min_dims=x.ndim, max_dims=x.ndim))
    y = np.resize(y, [n if a != axis % x.ndim else y.shape[a] for a, n in enumerate(x.shape)])
    want = np.concatenate([x, y, x], axis=axis)
    a, b = tw.asarray(x), tw.asarray(y)
    for got in (tw.concatenate([a, b, a], axis=axis), np.concatenate([a, y, a], axis)):
        assert got.dtype == want.dtype.newbyteorder("=") and got.shape == want.shape
        np.testing.assert_array_equal(got.compute(), want)
    np.testing.assert_array_equal(tw.concatenate([a, b + 0, -(a + 0)] if x.dtype.kind == "f" else [a, b, a], axis).compute()[()],
                                  np.concatenate([x, y + 0, -(x + 0)], axis) if x.dtype.kind == "f" else want)


def stack(data):
    x = data.draw(arrays())
    axis = data.draw(st.integers(-x.ndim - 1, x.ndim))
    y = x[::-1].copy()
    want = np.stack([x, y, x], axis=axis)
    a = tw.asarray(x)
    for got in (tw.stack([a, y, a], axis=axis), np.stack([a, y, a], axis)):
        assert got.dtype == want.dtype.newbyteorder("=") and got.shape == want.shape
        np.testing.assert_array_equal(got.compute(), want)


def reshape(data):
    x = data.draw(arrays())
    n = x.size
    parts = [p for p in (1, 2, 3, 4, 6, 8) if n % p == 0]
    shape = data.draw(st.sampled_from([[-1], [n, 1], [1, n], [*reversed(x.shape)], *([p, n // p] for p in parts)]))
    want = x.reshape(shape)
    for got in (tw.asarray(x).reshape(shape), tw.asarray(x).reshape(*shape), np.reshape(tw.asarray(x), shape)):
        np.testing.assert_array_equal(got.compute(), want)


def a_table(data):
    rows, columns = data.draw(st.tuples(st.integers(2, 150), st.integers(2, 6)))
    seed = data.draw(st.integers(0, 2**32 - 1))
    return np.random.default_rng(seed).normal(data.draw(st.sampled_from([0.0, 1e6])), 3.0, (rows, columns))


def cov(data):
    x, ddof = a_table(data), data.draw(st.integers(0, 1))
    close(tw.asarray(x).cov(ddof).compute(), np.cov(x, rowvar=False, ddof=ddof), 1e-9, 1e-8)
    close(np.cov(tw.asarray(x.T), ddof=ddof).compute(), np.cov(x.T, ddof=ddof), 1e-9, 1e-8)
    close(tw.asarray(x).cov().compute(), pandas.DataFrame(x).cov(), 1e-9, 1e-8)


def corr(data):
    x = a_table(data)
    close(tw.asarray(x).corr().compute(), np.corrcoef(x, rowvar=False), 1e-9, 1e-9)
    close(np.corrcoef(tw.asarray(x), rowvar=False).compute(), pandas.DataFrame(x).corr(), 1e-9, 1e-9)


def bincount(data):
    x = data.draw(arrays(["u1", "u2", "i4", ">u2", "u4", "i8", "?"]))
    x = x if x.dtype.kind == "b" else abs(x)
    got = tw.asarray(x).bincount(120).compute()
    np.testing.assert_array_equal(got, np.bincount(x.ravel().astype("i8"), minlength=120))
    if x.size and x.max() > 0:
        with pytest.raises(tw.Error, match="has no bin: bins = 1 counts 0 to 0 at index"):
            tw.asarray(x).bincount(1).compute()


REFERENCES = {
    **{name: reduction(name) for name in ("sum", "mean", "std", "var", "min", "max")},
    **{name: place(name) for name in ("argmin", "argmax")},
    **{name: end(name) for name in ("first", "last")},
    "quantile": quantile,
    "histogram": histogram,
    "zscore": zscore,
    "minmax": minmax,
    "standardize": standardize,
    "robust": robust,
    "percentile_rescale": percentile_rescale,
    "gaussian": filtered("gaussian", lambda x, mode: ndimage.gaussian_filter(x, 0.8, mode=mode), sigma=0.8),
    "uniform": filtered("uniform", lambda x, mode: ndimage.uniform_filter(x, 3, mode=mode), size=3),
    "median": filtered("median", lambda x, mode: ndimage.median_filter(x, 3, mode=mode), size=3),
    "downsample": downsample,
    "rolling_mean": rolling_mean,
    "rolling_max": rolling_max,
    "rolling_min": rolling("min", rtol=0, atol=0),
    "rolling_sum": rolling("sum"),
    "rolling_var": rolling("var"),
    "rolling_std": rolling("std", atol=1e-6),
    "rolling_skew": rolling_skew,
    "rolling_median": rolling("median"),
    "rolling_quantile": rolling_quantile,
    "rolling_argmax": rolling_place("rolling_argmax", bottleneck.move_argmax),
    "rolling_argmin": rolling_place("rolling_argmin", bottleneck.move_argmin),
    "cumsum": cumsum,
    "cumprod": cumprod,
    "cummax": running_extreme("cummax", np.maximum),
    "cummin": running_extreme("cummin", np.minimum),
    "ffill": filled("ffill"),
    "bfill": filled("bfill"),
    "interpolate": interpolate,
    "expr": expr,
    "cast": cast,
    "clip": clip,
    "transpose": transpose,
    "slice": slice_,
    "concatenate": concatenate,
    "stack": stack,
    "reshape": reshape,
    "bincount": bincount,
    "cov": cov,
    "corr": corr,
    **SERIES,
    **oracle_signal.REFERENCES,
    **oracle_windows.REFERENCES,
    **oracle_filters.REFERENCES,
    **oracle_regions.REFERENCES,
    **oracle_groups.REFERENCES,
}


def test_every_kernel_has_a_reference():
    names = {k["name"] for k in _native.kernels()}
    assert names == set(REFERENCES), "a kernel needs a reference here, or a reference has no kernel"


@pytest.mark.parametrize("kernel", REFERENCES)
def test_a_kernel_agrees_with_its_reference(kernel):
    check = REFERENCES[kernel]

    @RELAXED
    @given(st.data())
    def run(data):
        check(data)

    run()
