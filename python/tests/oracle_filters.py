"""References of filters whose weights are an array: scipy.ndimage. Part of `test_oracle.py`."""

import numpy as np
from hypothesis import strategies as st
from scipy import ndimage, signal

import tilewise as tw


def convolve(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    rank = data.draw(st.integers(1, 3))
    sides = st.lists(st.integers(1, 9), min_size=rank, max_size=rank)
    x = (rng.integers(0, 100, data.draw(sides)) - 30.5).astype(data.draw(st.sampled_from(["f4", "f8", ">f8", "i4", "u1"])))
    weights = rng.integers(-9, 9, data.draw(sides)).astype(data.draw(st.sampled_from(["f8", "i2", "f4"])))
    mode = data.draw(st.sampled_from(["reflect", "mirror", "nearest", "wrap", "constant"]))
    name = data.draw(st.sampled_from(["convolve", "correlate"]))
    method = data.draw(st.sampled_from(["auto", "direct", "fft"]))
    want = getattr(ndimage, name)(x.astype("f8"), weights.astype("f8"), mode=mode)
    if x.dtype.kind in "iu":
        info = np.iinfo(x.dtype)
        want = np.clip(np.rint(want), info.min, info.max)
    axes = list(range(rank))
    given = dict(correlate=name == "correlate", mode=mode, axes=axes, method=method)
    got = tw.asarray(x).convolve(weights, **given).compute()
    assert got.dtype == x.dtype.newbyteorder("=")
    # Transforms round by the largest value of a block and by all weights.
    room = 1e-15 * np.abs(x).astype("f8").max() * np.abs(weights).astype("f8").sum()
    np.testing.assert_allclose(got.astype("f8"), want, rtol=1e-6, atol=max(1e-9, room))
    large(data, rng)


def large(data, rng):
    """So many weights that `auto` takes transforms, against scipy.signal's own."""
    shape = data.draw(st.sampled_from([(5000,), (120, 150), (3000, 3)]))
    sides = {5000: (1200,), 120: (33, 40), 3000: (1101, 1)}[shape[0]]
    x, weights = rng.standard_normal(shape), rng.standard_normal(sides)
    got = tw.asarray(x).convolve(weights, mode="constant", axes=list(range(len(shape)))).compute()
    for other in (signal.oaconvolve, signal.fftconvolve):
        full = other(x, weights, mode="full")
        # Even weights lie one further to the left in SciPy's ndimage.
        want = full[tuple(slice(w // 2, w // 2 + n) for n, w in zip(shape, sides))]
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-14 * np.abs(weights).sum())


REFERENCES = {"convolve": convolve}
