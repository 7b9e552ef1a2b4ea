"""References of filters whose weights are an array: scipy.ndimage. Part of `test_oracle.py`."""

import numpy as np
from hypothesis import strategies as st
from scipy import ndimage

import tilewise as tw


def convolve(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    rank = data.draw(st.integers(1, 3))
    sides = st.lists(st.integers(1, 9), min_size=rank, max_size=rank)
    x = (rng.integers(0, 100, data.draw(sides)) - 30.5).astype(data.draw(st.sampled_from(["f4", "f8", ">f8", "i4", "u1"])))
    weights = rng.integers(-9, 9, data.draw(sides)).astype(data.draw(st.sampled_from(["f8", "i2", "f4"])))
    mode = data.draw(st.sampled_from(["reflect", "mirror", "nearest", "wrap", "constant"]))
    name = data.draw(st.sampled_from(["convolve", "correlate"]))
    want = getattr(ndimage, name)(x.astype("f8"), weights.astype("f8"), mode=mode)
    if x.dtype.kind in "iu":
        info = np.iinfo(x.dtype)
        want = np.clip(np.rint(want), info.min, info.max)
    axes = list(range(rank))
    got = tw.asarray(x).convolve(weights, correlate=name == "correlate", mode=mode, axes=axes).compute()
    assert got.dtype == x.dtype.newbyteorder("=")
    np.testing.assert_allclose(got.astype("f8"), want, rtol=1e-6, atol=1e-9)


REFERENCES = {"convolve": convolve}
