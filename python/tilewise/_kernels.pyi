"""Every kernel of the registry as a function and a method. Made by ``tilewise._stubs``; not edited by hand."""

from collections.abc import Sequence
from inspect import Signature
from typing import Any

from numpy.typing import DTypeLike

from ._array import Array

Axes = int | str | Sequence[int] | Sequence[str]

TABLE: dict[str, dict[str, Any]]
KERNELS: list[str]

def plain(value: Any) -> Any: ...
def signature(name: str, method: bool) -> Signature: ...
def document(name: str) -> str: ...
def apply(name: str, a: Any, given: dict[str, Any]) -> Array: ...

def sum(a: Any, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Sum over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: floats keep theirs; signed
    integers give i64, unsigned ones and bool u64, exact, and an error beyond 64 bits. As numpy.sum, and
    numpy.nansum with `skipna`; floats are added as if in twice the digits. NaN propagates; the sum of nothing
    is 0; where the plain sum is not finite, it is the result. One sweep at the rate of memory.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def mean(a: Any, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Arithmetic mean over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: f64. As numpy.mean in f64, and
    numpy.nanmean with `skipna`: the sum (exact for integers, as if in twice the digits for floats) divided by
    the count. NaN propagates; the mean of nothing is NaN. One sweep at the rate of memory.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def std(a: Any, axes: Axes | None = None, ddof: int | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Standard deviation over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: f64. As numpy.std in f64, and
    numpy.nanstd with `skipna`, without cancellation however far the mean is from 0; of constant data exactly 0.
    NaN and infinities give NaN, as does a count that `ddof` uses up. One sweep near the rate of memory.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 0)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def var(a: Any, axes: Axes | None = None, ddof: int | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Variance over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: f64. As numpy.var in f64, and
    numpy.nanvar with `skipna`, without cancellation however far the mean is from 0; of constant data exactly 0.
    NaN and infinities give NaN, as does a count that `ddof` uses up. One sweep near the rate of memory.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 0)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def min(a: Any, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Smallest value over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's. As numpy.min, and
    numpy.nanmin with `skipna`; -0 lies below +0. NaN propagates; with `skipna`, NaN where nothing else is.
    Refused where there is nothing to choose from. One sweep at the rate of memory.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def max(a: Any, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Largest value over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's. As numpy.max, and
    numpy.nanmax with `skipna`; -0 lies below +0. NaN propagates; with `skipna`, NaN where nothing else is.
    Refused where there is nothing to choose from. One sweep at the rate of memory.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def quantile(a: Any, q: float | Sequence[float], axes: Axes | None = None, method: str | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Exact quantiles over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`), and a new first axis where `q` is a
    list. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As
    numpy.quantile, and numpy.nanquantile with `skipna`, for every `method`; exact however large the array:
    ranks are found, nothing is sampled. Between two elements in f64, then rounded. NaN propagates; the quantile
    of nothing is NaN. One sweep where lines fit in memory and for 8 and 16 bits; else one for each digit: 32
    bits take two to four in common budgets, 64 bits four to six.

    :param q: one quantile or a list of them, as shares of the elements below: 0.5 is the median (required)
    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param method: what lies between two elements, with NumPy's names (default linear)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def histogram(a: Any, bins: int | None = None, range: float | Sequence[float] | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """Counts of elements in bins of equal width, over all or some axes.

    Shape: the input's without `axes`, and a last axis with one count for each bin. dtype: i64. As
    numpy.histogram: bins include their left edge, the last one both; data of one value lies in the middle of a
    range of width 1; edges are rounded as NumPy rounds them, so that counts agree. NaN and what lies outside
    `range` is not counted. Without `range` each cell has its own, from the smallest to the largest finite
    element, and infinities are not counted (NumPy refuses them); 0 to 1 where there is none. Two sweeps, one
    with `range`.

    :param bins: how many bins of equal width (default 10)
    :param range: the outer edges, as [low, high]; unset: the smallest and the largest finite element (optional)
    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)"""

def zscore(a: Any, axes: Axes | None = None, ddof: int | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Values less their mean, divided by their standard deviation.

    Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As
    scipy.stats.zscore, over all axes where `axes` is not given: (x - mean) / std in f64, then rounded. A cell
    of constant data is NaN throughout, as is one that holds NaN or an infinity; with `skipna` NaN alone stays
    NaN. Two sweeps: one folds, one writes.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 0)
    :param skipna: leave NaN out instead of passing it on (default false)"""

def minmax(a: Any, axes: Axes | None = None, low: float | None = None, high: float | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Values scaled from smallest and largest to a given range.

    Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. (x
    - min) / (max - min) * (high - low) + low in f64, then rounded, over all axes where `axes` is not given;
    differences of 64-bit integers are exact. A cell of constant data has no scale (0 / 0): it is NaN
    throughout, as in zscore. A cell that holds NaN is NaN; with `skipna` NaN alone stays NaN. Two sweeps: one
    folds, one writes.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param low: what the smallest element becomes (default 0)
    :param high: what the largest element becomes (default 1)
    :param skipna: leave NaN out instead of passing it on (default false)"""

def standardize(a: Any, channel: Axes | None = None, mean: float | Sequence[float] | None = None, std: float | Sequence[float] | None = None, scale: float | None = None, ddof: int | None = None, skipna: bool | None = None) -> Array:
    """Each channel less its mean, divided by its standard deviation.

    Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64.
    With `mean` and `std` as torchvision's Normalize: (x / scale - mean) / std, computed in f64 as (x -
    mean·scale) / (std·scale); one sweep. Without them as scikit-learn's StandardScaler, with the channel as
    feature: the statistics over all other axes, found in a sweep of their own; a constant channel is NaN there
    (scikit-learn divides it by 1), as is one that holds NaN or an infinity; with `skipna` NaN alone stays NaN.

    :param channel: the axis whose every index has statistics of its own; unset: c where it is named (optional)
    :param mean: the mean of each channel, or one for all; unset: found in the data (optional)
    :param std: the standard deviation of each channel, or one for all; unset: found in the data (optional)
    :param scale: what is 1 where mean and std are given: 255 for 8-bit pictures and statistics of 0…1 (default
        1)
    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 0)
    :param skipna: leave NaN out instead of passing it on (default false)"""

def gaussian(a: Any, sigma: float | Sequence[float], axes: Axes | None = None, mode: str | None = None, cval: float | None = None, truncate: float | None = None, radius: int | Sequence[int] | None = None, *, axis: Axes | None = None) -> Array:
    """Smoothing with a Gaussian of standard deviation sigma.

    Any shape, real dtypes but bool; shape and dtype stay (integers round half to even and saturate). Defined as
    scipy.ndimage.gaussian_filter with order = 0: weights exp(-x²/2σ²) for |x| ≤ radius, normalised, radius =
    int(truncate·σ + 0.5). Axes are filtered in ascending order, in f64, with one rounding at the end (SciPy
    rounds to the dtype after each axis). NaN and ±inf spread as far as the kernel reaches. 64-bit integers
    beyond 2^53 are rounded to f64. Cost: 2·radius + 1 multiplications for each element and axis.

    :param sigma: standard deviation in elements, for all axes or one for each; 0 leaves an axis as it is
        (required)
    :param axes: axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D
        array (optional)
    :param mode: values beyond the edge: reflect (d c b a | a b c d | d c b a), mirror (d c b | a b c d | c b
        a), nearest (a a a | a b c d | d d d), wrap (b c d | a b c d | a b c), constant (cval) (default
        "reflect")
    :param cval: the value beyond the edge where mode = "constant"; a value of the array's dtype (default 0.0)
    :param truncate: the kernel ends at this many standard deviations (default 4.0)
    :param radius: half the length of the kernel in elements, for all axes or one for each; unset: from truncate
        (optional)"""

def uniform(a: Any, size: int | Sequence[int] | None = None, axes: Axes | None = None, mode: str | None = None, cval: float | None = None, *, axis: Axes | None = None) -> Array:
    """Mean of the box around each element.

    Any shape, real dtypes but bool; shape and dtype stay (integers round half to even and saturate). Defined as
    scipy.ndimage.uniform_filter: size//2 elements before, size - size//2 - 1 after. The box is summed in f64
    and divided once: means of integers are exact as long as sums stay below 2^53 (SciPy rounds to the dtype
    after each axis). A NaN or an infinity shows only in the boxes that hold it. Cost: at most three additions
    for each element and axis beyond size 8.

    :param size: extent of the box in elements, for all axes or one for each (default 3)
    :param axes: axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D
        array (optional)
    :param mode: values beyond the edge: reflect (d c b a | a b c d | d c b a), mirror (d c b | a b c d | c b
        a), nearest (a a a | a b c d | d d d), wrap (b c d | a b c d | a b c), constant (cval) (default
        "reflect")
    :param cval: the value beyond the edge where mode = "constant"; a value of the array's dtype (default 0.0)"""

def median(a: Any, size: int | Sequence[int] | None = None, axes: Axes | None = None, mode: str | None = None, cval: float | None = None, *, axis: Axes | None = None) -> Array:
    """Median of the box around each element.

    Any shape, real dtypes but bool; shape and dtype stay, and every result is a value of the array (or cval).
    Defined as scipy.ndimage.median_filter: size//2 elements before, size - size//2 - 1 after; of n values the
    one at n//2 in ascending order. -0 counts as less than +0. A NaN in the box gives NaN (SciPy leaves that
    open). Cost: a sorting network over vector lanes up to boxes of 256 elements, beyond that a selection that
    looks at the whole box for each element.

    :param size: extent of the box in elements, for all axes or one for each (default 3)
    :param axes: axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D
        array (optional)
    :param mode: values beyond the edge: reflect (d c b a | a b c d | d c b a), mirror (d c b | a b c d | c b
        a), nearest (a a a | a b c d | d d d), wrap (b c d | a b c d | a b c), constant (cval) (default
        "reflect")
    :param cval: the value beyond the edge where mode = "constant"; a value of the array's dtype (default 0.0)"""

def downsample(a: Any, factor: int | Sequence[int], axes: Axes | None = None, boundary: str | None = None, *, axis: Axes | None = None) -> Array:
    """Mean of each block of elements: a smaller array.

    Any shape, real dtypes but bool; the dtype stays (integers round half to even), extents are divided by the
    factors. Defined as xarray's coarsen(...).mean() and its words for boundary. Sums are f64: means of integers
    are exact as long as sums stay below 2^53. NaN propagates to its block. Cost: one addition for each element.

    :param factor: extent of the blocks in elements, for all axes or one for each (required)
    :param axes: axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D
        array (optional)
    :param boundary: extents that are not multiples of the factor: trim drops the rest, exact refuses, pad
        averages what is there (default "trim")"""

def rolling_mean(a: Any, window: int, min_count: int | None = None, center: bool | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """Mean of a sliding window along one axis.

    The result at i is the mean of the elements i - window + 1 ..= i, as pandas' rolling(window).mean(); with
    center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
    never counts; with fewer than min_count values the result is NaN. Shape and axis names are kept; floats keep
    their dtype, integers up to 16 bits give f32, wider ones f64; bool and complex are refused. Sums are kept in
    twice the precision of f64 and nothing is ever subtracted, so large values, infinities and NaN leave no
    trace once they have left the window. The time per element does not depend on the window. Windows up to 64
    take one sweep, up to 1024 one or two, longer ones two sweeps and three reads of the input, in memory that
    grows with the root of the window.

    :param window: elements of a window; it may be longer than the axis (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

def rolling_max(a: Any, window: int, min_count: int | None = None, center: bool | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """Maximum of a sliding window along one axis.

    The result at i is the largest of the elements i - window + 1 ..= i, as pandas' rolling(window).max(); with
    center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
    never counts; with fewer than min_count values the result is NaN. -0 is below +0. Shape and axis names are
    kept. Floats keep their dtype; integers keep theirs where min_count is 1 (no result can be missing), else up
    to 16 bits give f32 and wider ones f64; bool and complex are refused. The time per element does not depend
    on the window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three
    reads of the input, in memory that grows with the root of the window.

    :param window: elements of a window; it may be longer than the axis (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

def cumsum(a: Any, axes: Axes | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Running sum along one axis.

    The result at i is the sum of the elements 0 ..= i along the axis, as numpy.cumsum. Shape and axis names are
    kept. Signed integers and bool give i64, unsigned ones u64, exact, and a sum beyond that is an error that
    names the index; floats keep their dtype and are summed in twice the precision of f64 and rounded at the
    end; complex is refused. NaN propagates: all that follows is NaN. With skipna a NaN stays in its place and
    the sum goes on after it, as in pandas. One sweep; tiles pass their carry along the axis in order.

    :param axes: the one axis to sum along; unset: t where named, else the axis of a 1-D array (optional)
    :param skipna: whether the sum goes on after a NaN (default false)"""

def cast(a: Any, dtype: DTypeLike, overflow: str | None = None) -> Array:
    """The same values as another dtype.

    Any shape and dtype; the result has the shape and axis names of the input. Floats become integers by
    rounding half to even (NumPy's astype cuts them off); values beyond the range take its nearest end, or are
    an error with overflow = "error". Floats beyond the range of a narrower float become infinite, or an error.
    NaN as an integer is always an error that names the place. Integers pass exactly. As bool: whether the value
    differs from 0 (NaN does). Real to complex has no imaginary part; complex to real is refused. One pass at
    the speed of memory.

    :param dtype: dtype of the result (required)
    :param overflow: what a value beyond the range becomes: its nearest end, or an error (default saturate)"""

def transpose(a: Any, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """Axes in another order.

    Any shape and dtype, complex ones too; the result has the same elements, bit for bit, and each axis keeps
    its name. As numpy.transpose: axis i of the result is axis axes[i] of the input; without `axes` the order is
    reversed. One pass; tiles are shaped so that runs are long in both arrays.

    :param axes: every axis of the input once, in the order of the result ("nchw", [0, 3, 1, 2]); unset:
        reversed (optional)"""

class KernelMethods:
    """The kernels as methods."""

    __slots__ = ()

    def sum(self, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Sum over all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: floats keep theirs; signed
        integers give i64, unsigned ones and bool u64, exact, and an error beyond 64 bits. As numpy.sum, and
        numpy.nansum with `skipna`; floats are added as if in twice the digits. NaN propagates; the sum of nothing
        is 0; where the plain sum is not finite, it is the result. One sweep at the rate of memory.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def mean(self, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Arithmetic mean over all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: f64. As numpy.mean in f64, and
        numpy.nanmean with `skipna`: the sum (exact for integers, as if in twice the digits for floats) divided by
        the count. NaN propagates; the mean of nothing is NaN. One sweep at the rate of memory.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def std(self, axes: Axes | None = None, ddof: int | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Standard deviation over all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: f64. As numpy.std in f64, and
        numpy.nanstd with `skipna`, without cancellation however far the mean is from 0; of constant data exactly 0.
        NaN and infinities give NaN, as does a count that `ddof` uses up. One sweep near the rate of memory.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 0)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def var(self, axes: Axes | None = None, ddof: int | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Variance over all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: f64. As numpy.var in f64, and
        numpy.nanvar with `skipna`, without cancellation however far the mean is from 0; of constant data exactly 0.
        NaN and infinities give NaN, as does a count that `ddof` uses up. One sweep near the rate of memory.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 0)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def min(self, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Smallest value over all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's. As numpy.min, and
        numpy.nanmin with `skipna`; -0 lies below +0. NaN propagates; with `skipna`, NaN where nothing else is.
        Refused where there is nothing to choose from. One sweep at the rate of memory.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def max(self, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Largest value over all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's. As numpy.max, and
        numpy.nanmax with `skipna`; -0 lies below +0. NaN propagates; with `skipna`, NaN where nothing else is.
        Refused where there is nothing to choose from. One sweep at the rate of memory.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def quantile(self, q: float | Sequence[float], axes: Axes | None = None, method: str | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Exact quantiles over all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`), and a new first axis where `q` is a
        list. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As
        numpy.quantile, and numpy.nanquantile with `skipna`, for every `method`; exact however large the array:
        ranks are found, nothing is sampled. Between two elements in f64, then rounded. NaN propagates; the quantile
        of nothing is NaN. One sweep where lines fit in memory and for 8 and 16 bits; else one for each digit: 32
        bits take two to four in common budgets, 64 bits four to six.

        :param q: one quantile or a list of them, as shares of the elements below: 0.5 is the median (required)
        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param method: what lies between two elements, with NumPy's names (default linear)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def histogram(self, bins: int | None = None, range: float | Sequence[float] | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """Counts of elements in bins of equal width, over all or some axes.

        Shape: the input's without `axes`, and a last axis with one count for each bin. dtype: i64. As
        numpy.histogram: bins include their left edge, the last one both; data of one value lies in the middle of a
        range of width 1; edges are rounded as NumPy rounds them, so that counts agree. NaN and what lies outside
        `range` is not counted. Without `range` each cell has its own, from the smallest to the largest finite
        element, and infinities are not counted (NumPy refuses them); 0 to 1 where there is none. Two sweeps, one
        with `range`.

        :param bins: how many bins of equal width (default 10)
        :param range: the outer edges, as [low, high]; unset: the smallest and the largest finite element (optional)
        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)"""

    def zscore(self, axes: Axes | None = None, ddof: int | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Values less their mean, divided by their standard deviation.

        Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As
        scipy.stats.zscore, over all axes where `axes` is not given: (x - mean) / std in f64, then rounded. A cell
        of constant data is NaN throughout, as is one that holds NaN or an infinity; with `skipna` NaN alone stays
        NaN. Two sweeps: one folds, one writes.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 0)
        :param skipna: leave NaN out instead of passing it on (default false)"""

    def minmax(self, axes: Axes | None = None, low: float | None = None, high: float | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Values scaled from smallest and largest to a given range.

        Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. (x
        - min) / (max - min) * (high - low) + low in f64, then rounded, over all axes where `axes` is not given;
        differences of 64-bit integers are exact. A cell of constant data has no scale (0 / 0): it is NaN
        throughout, as in zscore. A cell that holds NaN is NaN; with `skipna` NaN alone stays NaN. Two sweeps: one
        folds, one writes.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param low: what the smallest element becomes (default 0)
        :param high: what the largest element becomes (default 1)
        :param skipna: leave NaN out instead of passing it on (default false)"""

    def standardize(self, channel: Axes | None = None, mean: float | Sequence[float] | None = None, std: float | Sequence[float] | None = None, scale: float | None = None, ddof: int | None = None, skipna: bool | None = None) -> Array:
        """Each channel less its mean, divided by its standard deviation.

        Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64.
        With `mean` and `std` as torchvision's Normalize: (x / scale - mean) / std, computed in f64 as (x -
        mean·scale) / (std·scale); one sweep. Without them as scikit-learn's StandardScaler, with the channel as
        feature: the statistics over all other axes, found in a sweep of their own; a constant channel is NaN there
        (scikit-learn divides it by 1), as is one that holds NaN or an infinity; with `skipna` NaN alone stays NaN.

        :param channel: the axis whose every index has statistics of its own; unset: c where it is named (optional)
        :param mean: the mean of each channel, or one for all; unset: found in the data (optional)
        :param std: the standard deviation of each channel, or one for all; unset: found in the data (optional)
        :param scale: what is 1 where mean and std are given: 255 for 8-bit pictures and statistics of 0…1 (default
            1)
        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 0)
        :param skipna: leave NaN out instead of passing it on (default false)"""

    def gaussian(self, sigma: float | Sequence[float], axes: Axes | None = None, mode: str | None = None, cval: float | None = None, truncate: float | None = None, radius: int | Sequence[int] | None = None, *, axis: Axes | None = None) -> Array:
        """Smoothing with a Gaussian of standard deviation sigma.

        Any shape, real dtypes but bool; shape and dtype stay (integers round half to even and saturate). Defined as
        scipy.ndimage.gaussian_filter with order = 0: weights exp(-x²/2σ²) for |x| ≤ radius, normalised, radius =
        int(truncate·σ + 0.5). Axes are filtered in ascending order, in f64, with one rounding at the end (SciPy
        rounds to the dtype after each axis). NaN and ±inf spread as far as the kernel reaches. 64-bit integers
        beyond 2^53 are rounded to f64. Cost: 2·radius + 1 multiplications for each element and axis.

        :param sigma: standard deviation in elements, for all axes or one for each; 0 leaves an axis as it is
            (required)
        :param axes: axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D
            array (optional)
        :param mode: values beyond the edge: reflect (d c b a | a b c d | d c b a), mirror (d c b | a b c d | c b
            a), nearest (a a a | a b c d | d d d), wrap (b c d | a b c d | a b c), constant (cval) (default
            "reflect")
        :param cval: the value beyond the edge where mode = "constant"; a value of the array's dtype (default 0.0)
        :param truncate: the kernel ends at this many standard deviations (default 4.0)
        :param radius: half the length of the kernel in elements, for all axes or one for each; unset: from truncate
            (optional)"""

    def uniform(self, size: int | Sequence[int] | None = None, axes: Axes | None = None, mode: str | None = None, cval: float | None = None, *, axis: Axes | None = None) -> Array:
        """Mean of the box around each element.

        Any shape, real dtypes but bool; shape and dtype stay (integers round half to even and saturate). Defined as
        scipy.ndimage.uniform_filter: size//2 elements before, size - size//2 - 1 after. The box is summed in f64
        and divided once: means of integers are exact as long as sums stay below 2^53 (SciPy rounds to the dtype
        after each axis). A NaN or an infinity shows only in the boxes that hold it. Cost: at most three additions
        for each element and axis beyond size 8.

        :param size: extent of the box in elements, for all axes or one for each (default 3)
        :param axes: axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D
            array (optional)
        :param mode: values beyond the edge: reflect (d c b a | a b c d | d c b a), mirror (d c b | a b c d | c b
            a), nearest (a a a | a b c d | d d d), wrap (b c d | a b c d | a b c), constant (cval) (default
            "reflect")
        :param cval: the value beyond the edge where mode = "constant"; a value of the array's dtype (default 0.0)"""

    def median(self, size: int | Sequence[int] | None = None, axes: Axes | None = None, mode: str | None = None, cval: float | None = None, *, axis: Axes | None = None) -> Array:
        """Median of the box around each element.

        Any shape, real dtypes but bool; shape and dtype stay, and every result is a value of the array (or cval).
        Defined as scipy.ndimage.median_filter: size//2 elements before, size - size//2 - 1 after; of n values the
        one at n//2 in ascending order. -0 counts as less than +0. A NaN in the box gives NaN (SciPy leaves that
        open). Cost: a sorting network over vector lanes up to boxes of 256 elements, beyond that a selection that
        looks at the whole box for each element.

        :param size: extent of the box in elements, for all axes or one for each (default 3)
        :param axes: axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D
            array (optional)
        :param mode: values beyond the edge: reflect (d c b a | a b c d | d c b a), mirror (d c b | a b c d | c b
            a), nearest (a a a | a b c d | d d d), wrap (b c d | a b c d | a b c), constant (cval) (default
            "reflect")
        :param cval: the value beyond the edge where mode = "constant"; a value of the array's dtype (default 0.0)"""

    def downsample(self, factor: int | Sequence[int], axes: Axes | None = None, boundary: str | None = None, *, axis: Axes | None = None) -> Array:
        """Mean of each block of elements: a smaller array.

        Any shape, real dtypes but bool; the dtype stays (integers round half to even), extents are divided by the
        factors. Defined as xarray's coarsen(...).mean() and its words for boundary. Sums are f64: means of integers
        are exact as long as sums stay below 2^53. NaN propagates to its block. Cost: one addition for each element.

        :param factor: extent of the blocks in elements, for all axes or one for each (required)
        :param axes: axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D
            array (optional)
        :param boundary: extents that are not multiples of the factor: trim drops the rest, exact refuses, pad
            averages what is there (default "trim")"""

    def rolling_mean(self, window: int, min_count: int | None = None, center: bool | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """Mean of a sliding window along one axis.

        The result at i is the mean of the elements i - window + 1 ..= i, as pandas' rolling(window).mean(); with
        center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
        never counts; with fewer than min_count values the result is NaN. Shape and axis names are kept; floats keep
        their dtype, integers up to 16 bits give f32, wider ones f64; bool and complex are refused. Sums are kept in
        twice the precision of f64 and nothing is ever subtracted, so large values, infinities and NaN leave no
        trace once they have left the window. The time per element does not depend on the window. Windows up to 64
        take one sweep, up to 1024 one or two, longer ones two sweeps and three reads of the input, in memory that
        grows with the root of the window.

        :param window: elements of a window; it may be longer than the axis (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

    def rolling_max(self, window: int, min_count: int | None = None, center: bool | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """Maximum of a sliding window along one axis.

        The result at i is the largest of the elements i - window + 1 ..= i, as pandas' rolling(window).max(); with
        center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
        never counts; with fewer than min_count values the result is NaN. -0 is below +0. Shape and axis names are
        kept. Floats keep their dtype; integers keep theirs where min_count is 1 (no result can be missing), else up
        to 16 bits give f32 and wider ones f64; bool and complex are refused. The time per element does not depend
        on the window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three
        reads of the input, in memory that grows with the root of the window.

        :param window: elements of a window; it may be longer than the axis (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

    def cumsum(self, axes: Axes | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Running sum along one axis.

        The result at i is the sum of the elements 0 ..= i along the axis, as numpy.cumsum. Shape and axis names are
        kept. Signed integers and bool give i64, unsigned ones u64, exact, and a sum beyond that is an error that
        names the index; floats keep their dtype and are summed in twice the precision of f64 and rounded at the
        end; complex is refused. NaN propagates: all that follows is NaN. With skipna a NaN stays in its place and
        the sum goes on after it, as in pandas. One sweep; tiles pass their carry along the axis in order.

        :param axes: the one axis to sum along; unset: t where named, else the axis of a 1-D array (optional)
        :param skipna: whether the sum goes on after a NaN (default false)"""

    def cast(self, dtype: DTypeLike, overflow: str | None = None) -> Array:
        """The same values as another dtype.

        Any shape and dtype; the result has the shape and axis names of the input. Floats become integers by
        rounding half to even (NumPy's astype cuts them off); values beyond the range take its nearest end, or are
        an error with overflow = "error". Floats beyond the range of a narrower float become infinite, or an error.
        NaN as an integer is always an error that names the place. Integers pass exactly. As bool: whether the value
        differs from 0 (NaN does). Real to complex has no imaginary part; complex to real is refused. One pass at
        the speed of memory.

        :param dtype: dtype of the result (required)
        :param overflow: what a value beyond the range becomes: its nearest end, or an error (default saturate)"""

    def clip(self, min: float | None = None, max: float | None = None) -> Array:
        """Values held between two bounds.

        Any shape, any real dtype; shape, dtype and axis names stay (numpy.clip with Python numbers as bounds). At
        least one of min and max is given, and min <= max. NaN stays NaN; -0 counts as below +0. For integers, a
        fractional bound moves inward to the next integer, and a bound beyond the range of the dtype never binds;
        bounds that would leave no value of the dtype are refused. One pass at the speed of memory.

        :param min: lower bound; unset: none (optional)
        :param max: upper bound; unset: none (optional)"""

    def transpose(self, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """Axes in another order.

        Any shape and dtype, complex ones too; the result has the same elements, bit for bit, and each axis keeps
        its name. As numpy.transpose: axis i of the result is axis axes[i] of the input; without `axes` the order is
        reversed. One pass; tiles are shaped so that runs are long in both arrays.

        :param axes: every axis of the input once, in the order of the result ("nchw", [0, 3, 1, 2]); unset:
            reversed (optional)"""
