"""What the comparisons with other libraries share: arrays to try, and how close is close."""

import warnings

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

DTYPES = ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", ">u2", ">f4", ">f8"]
REAL = [d for d in DTYPES if d != "?"]


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
