"""NumPy's own semantics, held against NumPy on generated arrays."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tilewise as tw

RELAXED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
FLOATS = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, -0.0, np.inf, -np.inf, np.nan])


def floats(max_dims=3):
    shapes = hnp.array_shapes(min_dims=0, max_dims=max_dims, min_side=0, max_side=6)
    return hnp.arrays(np.float64, shapes, elements=FLOATS)


def broadcastable():
    shapes = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=5)
    arrays = lambda s: st.tuples(*(hnp.arrays(np.float64, shape, elements=FLOATS) for shape in s.input_shapes))
    return shapes.flatmap(arrays)


@RELAXED
@given(broadcastable(), st.sampled_from(["add", "subtract", "multiply", "divide", "minimum", "maximum", "less", "equal"]))
def test_binary_ufuncs_broadcast_as_numpys(pair, name):
    a, b = pair
    ufunc = getattr(np, name)
    with np.errstate(all="ignore"):
        want = ufunc(a, b)
    for got in (ufunc(tw.asarray(a), b), ufunc(a, tw.asarray(b))):
        assert got.shape == want.shape and got.dtype == want.dtype
        np.testing.assert_array_equal(got.compute(), want)


@RELAXED
@given(floats(), st.sampled_from(["sqrt", "abs", "negative", "square", "floor", "ceil", "rint", "trunc", "sign", "isnan"]))
def test_unary_ufuncs_are_numpys(a, name):
    ufunc = getattr(np, name)
    with np.errstate(all="ignore"):
        want = ufunc(a)
    np.testing.assert_array_equal(ufunc(tw.asarray(a)).compute(), want)


@RELAXED
@given(floats(), st.data())
def test_reductions_keep_numpys_axis_rules(a, data):
    axis = data.draw(st.none() | (st.integers(-a.ndim, a.ndim - 1) if a.ndim else st.none()))
    keepdims = data.draw(st.booleans())
    name = data.draw(st.sampled_from(["mean", "sum", "std", "min", "max"]))
    function = getattr(np, name)
    reduced = a.size if axis is None else a.shape[axis]
    if reduced == 0 and name in ("min", "max"):
        return
    with np.errstate(all="ignore"), _quiet():
        want = function(a, axis=axis, keepdims=keepdims)
    got = function(tw.asarray(a), axis=axis, keepdims=keepdims)
    assert got.shape == want.shape
    np.testing.assert_allclose(got.compute(), want, rtol=1e-9, atol=1e-9)


def _quiet():
    import warnings

    context = warnings.catch_warnings()
    context.__enter__()
    warnings.simplefilter("ignore")

    class Leave:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            context.__exit__(*error)

    return Leave()


@RELAXED
@given(hnp.arrays(np.int32, hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=7)), st.data())
def test_basic_indices_are_numpys(a, data):
    key = data.draw(hnp.basic_indices(a.shape, allow_newaxis=True, allow_ellipsis=True))
    want = a[key]
    lazy = (tw.asarray(a) + 0)[key]
    assert lazy.shape == want.shape
    np.testing.assert_array_equal(lazy.compute(), want)
    np.testing.assert_array_equal(np.asarray(tw.asarray(a)[key]), want)


def test_functions_of_numpy_are_found():
    x = np.random.default_rng(0).random((5, 6))
    a = tw.asarray(x)
    same = [
        (np.where(a > 0.5, a, 0), np.where(x > 0.5, x, 0)),
        (np.clip(a, 0.2, 0.7), np.clip(x, 0.2, 0.7)),
        (np.clip(a, None, x.T[0, 0]), np.clip(x, None, x[0, 0])),
        (np.median(a, axis=1), np.median(x, axis=1)),
        (np.percentile(a, [5, 50], axis=0), np.percentile(x, [5, 50], axis=0)),
        (np.cumsum(a, axis=1), np.cumsum(x, axis=1)),
        (np.cumprod(a, axis=0), np.cumprod(x, axis=0)),
        (np.transpose(a), x.T),
        (np.expand_dims(a, 1), np.expand_dims(x, 1)),
        (np.squeeze(a[:, :1]), np.squeeze(x[:, :1])),
        (np.add.reduce(a), np.add.reduce(x)),
        (np.var(a, axis=0, ddof=1), np.var(x, axis=0, ddof=1)),
        (a - a.mean(axis=1)[:, None], x - x.mean(axis=1)[:, None]),
        (2**a, 2**x),
        (1 / (1 + np.exp(-a)), 1 / (1 + np.exp(-x))),
        (~(a > 0.5), ~(x > 0.5)),
        (a.astype("f4"), x.astype("f4")),
    ]
    for got, want in same:
        got = got.compute()
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=1e-12)
    y = np.where(x > 0.9, np.nan, x)
    np.testing.assert_allclose(np.nanmean(tw.asarray(y), axis=0).compute(), np.nanmean(y, axis=0))
    assert float(a.mean()) == pytest.approx(x.mean()) and len(a) == 5 and a.size == 30 and a.nbytes == 240
    assert np.asarray(a.max(axis=0)).shape == (6,) and [row.shape for row in a] == [(6,)] * 5
    with pytest.raises(TypeError, match="no dtype"):
        np.mean(a, dtype="f4")
    with pytest.raises(TypeError, match="not offered"):
        np.linalg.svd(a)


def test_integers_never_wrap_and_constants_never_widen():
    a = tw.asarray(np.array([250, 10], "u1"))
    assert (a + 10).dtype == np.int32 and (a + 10).compute().tolist() == [260, 20]
    assert (a / 2).dtype == np.float32 and (tw.asarray(np.ones(2, "f4")) * 2.5).dtype == np.float32
    assert a.mean().dtype == np.float64
    b = tw.asarray(np.array([3, 5], "u2"))
    assert ((b - a) / 2).dtype == np.float32


def test_stats_are_one_result():
    x = np.random.default_rng(4).random((50, 3))
    x[0, 0] = np.nan
    found = tw.stats(x, axis=0)
    np.testing.assert_allclose(found.mean, np.nanmean(x, axis=0))
    np.testing.assert_allclose(found.quantiles, np.nanquantile(x, [0.01, 0.25, 0.5, 0.75, 0.99], axis=0))
    assert found.nan_count.tolist() == [1, 0, 0] and tw.stats(x).max == np.nanmax(x)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "u1", "i8", "?"])
@pytest.mark.parametrize("span", [None, (-1.0, 2.5), (0.1, 0.1)])
def test_the_histogram_of_statistics_is_numpys(dtype, span):
    x = np.random.default_rng(5).normal(0, 3, (60, 70)).astype(dtype)
    found = tw.stats(x, bins=17, range=span)
    numbers = x.astype("u1") if dtype == "?" else x
    want, edges = np.histogram(numbers, 17, span)
    np.testing.assert_array_equal(found.histogram.counts, want)
    np.testing.assert_array_equal(found.histogram.edges, edges)
    assert found.histogram.edges.dtype == edges.dtype and found.max == numbers.max()


def test_histograms_of_statistics_by_cell_and_of_what_is_not_finite():
    x = np.random.default_rng(6).normal(0, 3, (5, 400))
    counts, edges = tw.stats(x, axis=1, bins=8).histogram
    assert counts.shape == (5, 8) and edges.shape == (5, 9)
    for row, n, e in zip(x, counts, edges):
        want = np.histogram(row, 8)
        np.testing.assert_array_equal(n, want[0])
        np.testing.assert_array_equal(e, want[1])
    counts, edges = tw.stats(x, axis=1, bins=8, range=(-2, 2)).histogram
    assert counts.shape == (5, 8) and edges.tolist() == np.linspace(-2, 2, 9).tolist()
    x[0, :3] = np.inf, np.nan, -np.inf
    found = tw.stats(x, bins=8)
    want, edges = np.histogram(x[np.isfinite(x)], 8)
    np.testing.assert_array_equal(found.histogram.counts, want)
    np.testing.assert_array_equal(found.histogram.edges, edges)
    assert found.max == np.inf and found.nan_count == 1
    assert tw.stats(x).histogram is None
    with pytest.raises(TypeError, match="say bins"):
        tw.stats(x, range=(0, 1))
