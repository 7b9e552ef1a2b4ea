"""Filters along one axis against scipy.signal: entries for REFERENCES of test_oracle.py."""

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy import signal

import tilewise as tw


def lines(data, shortest=1):
    """One or two axes, the one to work along, and numbers."""
    dtype = np.dtype(data.draw(st.sampled_from(["f4", "f8", ">f8", "u1", "i4"])))
    shape = data.draw(st.lists(st.integers(shortest, shortest + 150), min_size=1, max_size=2))
    axis = data.draw(st.integers(0, len(shape) - 1))
    shape = [n if a == axis else min(n, 5) for a, n in enumerate(shape)]
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = rng.integers(0, 100, shape) + (rng.normal(size=shape) if dtype.kind == "f" else 0)
    return x.astype(dtype), axis


def same(got, want, x):
    assert got.dtype == ({4: "f4", 8: "f8"}[x.dtype.itemsize] if x.dtype.kind == "f" else "f4" if x.dtype == "u1" else "f8")
    size = np.abs(want).max(initial=1.0)
    np.testing.assert_allclose(got.astype("f8"), want, rtol=0, atol=size * (1e-6 if got.dtype == "f4" else 1e-9))


def butterworth(data):
    x, axis = lines(data)
    order = data.draw(st.integers(1, 8))
    rate = data.draw(st.sampled_from([1.0, 250.0]))
    btype = data.draw(st.sampled_from(["lowpass", "highpass", "bandpass", "bandstop"]))
    low = data.draw(st.sampled_from([0.02, 0.1, 0.25]))
    cutoff = [low * rate, (low + 0.15) * rate] if btype.startswith("band") else low * rate
    sos = signal.butter(order, cutoff, btype, fs=rate, output="sos")
    options = {"btype": btype, "sample_rate": rate, "axis": axis}
    wide = x.astype("f8")
    same(tw.asarray(x).butterworth(order, cutoff, **options).compute(), signal.sosfilt(sos, wide, axis=axis), x)
    try:
        want = signal.sosfiltfilt(sos, wide, axis=axis)
    except ValueError:
        with pytest.raises(ValueError, match="needs more than"):
            tw.asarray(x).butterworth(order, cutoff, zero_phase=True, **options)
        return
    same(tw.asarray(x).butterworth(order, cutoff, zero_phase=True, **options).compute(), want, x)


def savgol(data):
    x, axis = lines(data)
    length = data.draw(st.sampled_from([1, 3, 5, 11, 31]))
    degree = data.draw(st.integers(0, min(length - 1, 5)))
    mode = data.draw(st.sampled_from(["interp", "mirror", "constant", "nearest", "wrap"]))
    options = {"deriv": data.draw(st.integers(0, 2)), "delta": data.draw(st.sampled_from([1.0, 0.25]))}
    lazy = lambda: tw.asarray(x).savgol(length, degree, mode=mode, cval=7, axis=axis, **options)  # noqa: E731
    if mode == "interp" and length > x.shape[axis]:
        with pytest.raises(ValueError, match="window_length"):
            lazy()
        return
    want = signal.savgol_filter(x.astype("f8"), length, degree, mode=mode, cval=7, axis=axis, **options)
    same(lazy().compute(), want, x)


REFERENCES = {"butterworth": butterworth, "savgol": savgol}
