"""Normalisation by the statistics of another array, and by median deviations, against NumPy and SciPy."""

import numpy as np
import pytest
from scipy import stats

import tilewise as tw

RNG = np.random.default_rng(7)
TRAIN, TEST = RNG.normal(3, 2, (50, 6)), RNG.normal(0, 5, (20, 6))


def test_a_test_set_is_normalised_by_its_training_set():
    train, test = tw.asarray(TRAIN), tw.asarray(TEST)
    low, high = TRAIN.min(0), TRAIN.max(0)
    np.testing.assert_allclose(test.minmax(axis=0, fit=train).compute(), (TEST - low) / (high - low))
    want = (TEST - TRAIN.mean(0)) / TRAIN.std(0)
    np.testing.assert_allclose(test.zscore(axis=0, fit=train).compute(), want)
    np.testing.assert_allclose(test.zscore(axis=0, fit=TRAIN * 1).compute(), want)
    np.testing.assert_allclose(test.standardize(channel=1, fit=train).compute(), want)
    want = (TEST - np.median(TRAIN, 0)) / stats.iqr(TRAIN, 0)
    np.testing.assert_allclose(test.robust(axis=0, fit=train).compute(), want)
    a, b = np.quantile(TRAIN, [0.01, 0.99])
    np.testing.assert_allclose(test.percentile_rescale(fit=train).compute(), np.clip((TEST - a) / (b - a), 0, 1))
    with pytest.raises(ValueError, match="not worked over"):
        test.zscore(axis=1, fit=train).compute()


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4"])
def test_median_deviations_are_those_of_scipy(dtype):
    x = (TRAIN * 9).astype(dtype)
    for axis in (None, 0, 1):
        middle = np.median(x, axis, keepdims=True)
        for name, scale in ((1.0, 1.0), ("normal", 0.6744897501960817)):
            spread = stats.median_abs_deviation(x.astype("f8"), axis, scale=name)
            want = (x - middle) / (spread if axis is None else np.expand_dims(spread, axis))
            got = tw.asarray(x).robust(axis, spread="mad", mad_scale=scale).compute()
            np.testing.assert_allclose(got, want, rtol=1e-5 if dtype == "f4" else 1e-12, atol=1e-6)
