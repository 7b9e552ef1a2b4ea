"""Every kernel of the registry against the library that defines it, on generated arrays.

A kernel without an entry in REFERENCES fails `test_every_kernel_has_a_reference`.
"""

import re
import warnings
from pathlib import Path

import bottleneck
import numpy as np
import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

import tilewise as tw
from tilewise import _native

DTYPES = ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", ">u2", ">f4", ">f8"]
REAL = [d for d in DTYPES if d != "?"]
RELAXED = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, print_blob=True
)


@st.composite
def arrays(draw, dtypes=DTYPES, min_dims=1, max_dims=3, min_side=0, max_side=9, finite=False):
    """An array of any dtype, byte order, memory order and stride, with NaN and infinities where there are any."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    shape = draw(hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 100, shape)
    if dtype.kind == "f":
        x = x + rng.random(shape) - 50
        if not finite and draw(st.booleans()) and x.size:
            spoiled = rng.random(shape) < 0.1
            x[spoiled] = rng.choice([np.nan, np.inf, -np.inf, -0.0], shape)[spoiled]
    if dtype.kind == "b":
        x = x > 50
    if dtype.kind == "i":
        x = x - 50
    layout = draw(st.sampled_from(["C", "F", "reversed", "apart"]))
    x = np.asarray(x).astype(dtype, order="F" if layout == "F" else "C")
    if layout == "reversed":
        x = x[::-1, ...][..., ::-1].copy()[::-1, ...][..., ::-1]
    if layout == "apart":
        wide = np.zeros([2 * n for n in shape], dtype)
        wide[tuple(slice(None, None, 2) for _ in shape)] = x
        x = wide[tuple(slice(None, None, 2) for _ in shape)]
    return x


def close(got, want, rtol, atol=0.0):
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape
    np.testing.assert_allclose(got.astype("f8"), want.astype("f8"), rtol=rtol, atol=atol)


def an_axis(data, x):
    return data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))


def quiet(function, *args, **kwargs):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


def rounding(dtype):
    """Relative error of a result of this dtype."""
    return {2: 2e-3, 4: 1e-6, 8: 1e-12}[dtype.itemsize] if dtype.kind == "f" else 0.0


def real_dtype(dtype):
    if dtype.kind == "f":
        return dtype.newbyteorder("=")
    return np.dtype("f4") if dtype.itemsize <= 2 else np.dtype("f8")


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


def cumsum(data):
    x = data.draw(arrays(["i4", "u2", "f8"], min_side=1, finite=True))
    axis = data.draw(st.integers(0, x.ndim - 1))
    close(tw.asarray(x).cumsum(axis=axis).compute(), np.cumsum(x, axis=axis, dtype="f8"), 1e-12, 1e-10)


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


REFERENCES = {
    **{name: reduction(name) for name in ("sum", "mean", "std", "var", "min", "max")},
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
    "cumsum": cumsum,
    "expr": expr,
    "cast": cast,
    "clip": clip,
    "transpose": transpose,
    "slice": slice_,
}


def test_every_kernel_has_a_reference():
    names = {k["name"] for k in _native.kernels()}
    assert names == set(REFERENCES), "a kernel needs a reference here, or a reference has no kernel"


def test_the_page_of_oracles_has_every_kernel_and_the_pinned_versions():
    root = Path(__file__).parents[2]
    page = (root / "docs" / "oracles.md").read_text()
    listed = {name for row in re.findall(r"^\| (`.*?) \|", page, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert listed == set(REFERENCES)
    pinned = dict(re.findall(r"^(\w+)==(\S+)$", (root / "tests" / "interop" / "requirements.txt").read_text(), re.M))
    said = re.search(r"^Versions: NumPy (\S+), SciPy (\S+), pandas (\S+), bottleneck (\S+)\.$", page, re.M)
    assert said is not None and list(said.groups()) == [pinned[n] for n in ("numpy", "scipy", "pandas", "bottleneck")]


@pytest.mark.parametrize("kernel", REFERENCES)
def test_a_kernel_agrees_with_its_reference(kernel):
    check = REFERENCES[kernel]

    @RELAXED
    @given(st.data())
    def run(data):
        check(data)

    run()
