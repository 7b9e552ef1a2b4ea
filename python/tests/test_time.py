"""Windows that last a length of time, against pandas, for every rolling kernel."""

import numpy as np
import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle_common import close, quiet

import tilewise as tw
from tilewise import _native

ROLLING = sorted(k["name"] for k in _native.kernels() if k["name"].startswith("rolling_"))


@st.composite
def series(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 60))
    x = np.round(rng.normal(0, 5, n), draw(st.sampled_from([0, 3])))
    x[rng.random(n) < draw(st.sampled_from([0, 0.3]))] = np.nan
    steps = rng.choice([0, 1, 2, 10, 300], n, p=[0.1, 0.4, 0.2, 0.2, 0.1])
    return x, 1_500_000_000 + np.cumsum(steps), rng.normal(0, 1, n)


@pytest.mark.parametrize("kernel", ROLLING)
def test_windows_of_time(kernel):
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
    @given(series(), st.sampled_from(["3s", "25s", "1min", "1h"]), st.booleans(), st.integers(1, 4))
    def check(drawn, duration, center, least):
        x, seconds, y = drawn
        index = pandas.DatetimeIndex((seconds * 1_000_000_000).astype("M8[ns]"))
        windows = pandas.Series(x, index).rolling(duration, min_periods=least, center=center)
        word = kernel.removeprefix("rolling_")
        options = {"other": y} if word in ("cov", "corr") else {"q": 0.3} if word == "quantile" else {}
        got = getattr(tw.asarray(x), kernel)(
            window=duration, time=seconds, unit="s", center=center, min_count=least, **options
        ).compute()
        if word in ("argmax", "argmin"):
            pick = np.nanmax if word == "argmax" else np.nanmin
            for i, (lo, hi) in enumerate(_bounds(seconds, pandas.Timedelta(duration).total_seconds(), center)):
                valid = ~np.isnan(x[lo:hi])
                if valid.sum() < least:
                    assert np.isnan(got[i])
                else:
                    places = np.flatnonzero(x[lo:hi] == pick(x[lo:hi])) + lo
                    assert got[i] == i - places.max()
            return
        if word in ("cov", "corr"):
            want = quiet(getattr(windows, word), pandas.Series(y, index))
        else:
            want = quiet(getattr(windows, word), **options)
        want = want.to_numpy()
        if word == "skew":
            # pandas gives up on small variances, where ours follows the definition.
            some = ~(quiet(windows.var).to_numpy() < 1e-6)
            got, want = got[some], want[some]
        if word == "corr":
            # Of constant values pandas has what rounding left.
            some = ~np.isnan(got)
            got, want = got[some], want[some]
        close(got, want, 1e-7, 1e-6)

    check()


def _bounds(seconds, duration, center):
    for i, t in enumerate(seconds):
        back = duration / 2 if center else duration
        lo = int(np.argmax(seconds > t - back))
        hi = int((seconds <= t + duration / 2).sum()) if center else i + 1
        yield lo, max(hi, i + 1)
