"""Every kernel of the registry as a function and a method. Made by ``tilewise._stubs``; not edited by hand."""

from collections.abc import Sequence
from inspect import Signature
from typing import Any

from numpy.typing import DTypeLike

from ._array import Array

Axes = int | str | Sequence[int] | Sequence[str]

TABLE: dict[str, dict[str, Any]]
KERNELS: list[str]
METHODS: list[str]

def plain(value: Any) -> Any: ...
def arrays_word(name: str) -> str: ...
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

def argmin(a: Any, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Index of the smallest value over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: i64. As numpy.argmin, and
    numpy.nanargmin with `skipna`: the index of the first of the smallest elements, counted in C order through
    the axes that are worked over (all of them: numpy.unravel_index gives the place). The first NaN is the
    smallest; with `skipna` a cell of nothing but NaN is an error that names it. -0 equals +0. Refused where
    there is nothing to choose from. One sweep at the rate of memory, 16 bytes for each kept cell.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def argmax(a: Any, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Index of the largest value over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: i64. As numpy.argmax, and
    numpy.nanargmax with `skipna`: the index of the first of the largest elements, counted in C order through
    the axes that are worked over (all of them: numpy.unravel_index gives the place). The first NaN is the
    largest; with `skipna` a cell of nothing but NaN is an error that names it. -0 equals +0. Refused where
    there is nothing to choose from. One sweep at the rate of memory, 16 bytes for each kept cell.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def first(a: Any, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """First element along all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's, any; bit for bit.
    The element at index 0 of every axis that is worked over. With `skipna` the first in C order that is not
    NaN, as pandas' groupby(...).first() has it, and NaN where there is none; complex arrays are refused then.
    Refused where there is nothing to choose from. Reads that element alone; with `skipna` a float array is
    swept once, with 16 bytes for each kept cell.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def last(a: Any, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Last element along all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's, any; bit for bit.
    The element at the last index of every axis that is worked over. With `skipna` the last in C order that is
    not NaN, as pandas' groupby(...).last() has it, and NaN where there is none; complex arrays are refused
    then. Refused where there is nothing to choose from. Reads that element alone; with `skipna` a float array
    is swept once, with 16 bytes for each kept cell.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def quantile(a: Any, q: float | Sequence[float], axes: Axes | None = None, method: str | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Exact quantiles over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`), and a new first axis where `q` is a
    list. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As
    numpy.quantile, and numpy.nanquantile with `skipna`, for every `method`; exact however large the array:
    ranks are found, never estimated. Between two elements in f64, then rounded. NaN propagates; the quantile of
    nothing is NaN. One sweep where lines fit in memory and for 8 and 16 bits. Of a whole array of a million
    elements or more, up to four quantiles take one sweep too, between brackets from a sample; where the sample
    misled, as in an array that drifts, and for other arrays of wide elements, there is one sweep for each
    digit: 32 bits take two to four in common budgets, 64 bits four to six.

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

def histogram2d(a: Any, other: Any, bins: int | Sequence[int] | None = None, range: float | Sequence[float] | None = None) -> Array:
    """Counts of pairs of elements of two arrays in rectangles of equal size.

    Shape: (bins of the array, bins of `other`), whatever the arrays'. dtype: i64. As numpy.histogram2d of all
    elements of two arrays of one shape: bins include their lower edge, the last one both; data of one value
    lies in the middle of a range of width 1. A pair is not counted where one of its elements is NaN or lies
    outside its range. Without `range` each array has its own, from the smallest to the largest finite element,
    and infinities are not counted (NumPy refuses them). Two sweeps, one with `range`; 4 bytes for each
    rectangle.

    :param other: the array of the second elements, of the same shape: the name of an input or a step (required)
    :param bins: how many bins of equal width: one number for both arrays, or two (default 10)
    :param range: the outer edges, as [low, high, low of other, high of other]; unset: the smallest and the
        largest finite element of each (optional)"""

def bincount(a: Any, bins: int) -> Array:
    """How often each whole number from 0 on occurs.

    Shape: (bins), whatever the input's. dtype: i64. As numpy.bincount of all elements, with `bins` as
    minlength: element i of the result counts the elements equal to i. Arrays of integers and bool; a number
    below 0 or of `bins` and above is an error that names its index (NumPy grows the result instead). One sweep;
    4 bytes for each bin.

    :param bins: how many numbers are counted: 0 to bins - 1 (required)"""

def unique(a: Any, values_max: int | None = None) -> Array:
    """The distinct values of an array, sorted.

    Shape: (n), whatever the input's; n is known only after the run, and a plan says at most how many. dtype:
    the input's. As numpy.unique of all elements: ascending, NaN last and once; zeros are one value, which comes
    out as +0. More than `values_max` distinct values are an error. No step can take the result, since plans
    need lengths: write it to a file. One sweep, shared with `unique_counts` of the same array; some 40 bytes
    for each value that is allowed and can be there.

    :param values_max: how many distinct values there may be; more are an error. Memory is set aside for as many
        (default 65536)"""

def unique_counts(a: Any, values_max: int | None = None) -> Array:
    """How often each distinct value occurs, in the order of unique.

    Shape: (n), whatever the input's; n is known only after the run, and a plan says at most how many. dtype:
    i64. As numpy.unique of all elements with return_counts: element i counts the elements equal to element i of
    `unique`; NaN counts as one value. More than `values_max` distinct values are an error. No step can take the
    result, since plans need lengths: write it to a file. One sweep, shared with `unique` of the same array;
    some 40 bytes for each value that is allowed and can be there.

    :param values_max: how many distinct values there may be; more are an error. Memory is set aside for as many
        (default 65536)"""

def topk(a: Any, k: int, axes: Axes | None = None, largest: bool | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
    """The k largest or smallest elements over all or some axes.

    Shape: k in front of the input's without `axes`. dtype: the input's. The last k of numpy.sort from the last
    on, and with `largest = false` the first k: values as torch.topk has them, sorted. NaN is the largest value,
    as NumPy sorts: it comes first of the largest and last of the smallest; with `skipna` it is left out, and
    NaN stands where fewer than k remain. A zero that is found comes out as +0. More than the elements there are
    is refused. One sweep; room for 2 k elements for each cell.

    :param k: how many elements (required)
    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param largest: the largest, from the largest down; else the smallest, from the smallest up (default true)
    :param skipna: leave NaN out instead of passing it on (default false)"""

def mode(a: Any, axes: Axes | None = None, values_max: int | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
    """The most frequent value over all or some axes.

    Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's. As scipy.stats.mode:
    of values that are as frequent the smallest; zeros are one value, which comes out as +0. NaN propagates
    (nan_policy = 'propagate'); with `skipna` it is left out, and NaN comes out where nothing else is. Refused
    where there is nothing to choose from, and where a cell has more than `values_max` distinct values. One
    sweep; some 40 bytes for each cell and distinct value that it can have.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param values_max: how many distinct values there may be; more are an error. Memory is set aside for as many
        (default 65536)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

def grouped(a: Any, labels: Any, stat: str | None = None, axes: Axes | None = None, groups: int | None = None, skipna: bool | None = None, ddof: int | None = None, *, axis: Axes | None = None) -> Array:
    """Sum, mean, spread, extremes or count of the elements that share a label.

    Shape: (groups) and then the input's without `axes`; element g is the statistic of the elements whose label
    is g, as pandas.DataFrame.groupby and scipy.ndimage.sum_labels have it. `labels` is an array of integers or
    bool, of the input's shape or of that of the axes worked over: with data (t, y, x), labels (t) and axes =
    "t" a climatology of shape (groups, y, x). Elements with a negative label are left out, as pandas leaves out
    the code -1; a label of `groups` and above is an error that names its index. Without `groups` the largest
    label decides: the length is then known only after the run, so that no step can take the result, and memory
    is set aside for all labels of 8 or 16 bits, or 65,536 groups. dtype: count i64; min and max the input's;
    sum the input's for floats, i64 or u64 for integers, and an error beyond 64 bits; mean, std and var f64;
    median as `quantile`, which needs `groups`. Sums and squares are exact, and rounded once to f64, so that var
    does not suffer far from 0; var is divided by the count less `ddof`, std is its root. NaN propagates within
    its group; with `skipna` it is left out, also of counts. A group of nothing has count 0, sum 0, and NaN
    otherwise; min and max of integers refuse it. -0 lies below +0. One sweep, and one for each digit of a
    median; for each group and kept cell some 100 bytes for f32, 600 for f64, and twice that for std and var.

    :param labels: the array of labels: the name of an input or a step (required)
    :param stat: what is computed of each group (default mean)
    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param groups: how many groups there are: labels 0 to groups - 1; found from the labels where it is not
        given (optional)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 0)"""

def cov(a: Any, ddof: int | None = None) -> Array:
    """Covariance of the columns of a 2-D array.

    Shape: (columns, columns), of an input (rows, columns). dtype: f64. As numpy.cov(rowvar=False, ddof=ddof):
    the mean of products of deviations from the means of columns, with the count less `ddof` as divisor; NaN
    where that is not above 0. A single column gives shape (1, 1). A column with NaN or an infinity has NaN with
    every other. Rows are taken in leaves of 64 around their own means, whose sums are added in twice the
    digits, so that data far from 0 lose nothing. One sweep, c²/2 multiplications for each row of c columns; a
    state of 8 c² bytes, so that 10,000 columns need some GiB and smaller budgets refuse them.

    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 1)"""

def corr(a: Any) -> Array:
    """Correlation of the columns of a 2-D array.

    Shape: (columns, columns), of an input (rows, columns). dtype: f64. As numpy.corrcoef(rowvar=False):
    Pearson's coefficients, the covariance divided by both standard deviations, from -1 to 1, and exactly 1 of a
    column with itself. NaN for constant columns and for those with NaN or an infinity. A single column gives
    shape (1, 1). Computed as `cov`, at its cost: one sweep, and a state of 8 c² bytes for c columns."""

def zscore(a: Any, axes: Axes | None = None, ddof: int | None = None, skipna: bool | None = None, fit: Any | None = None, *, axis: Axes | None = None) -> Array:
    """Values less their mean, divided by their standard deviation.

    Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As
    scipy.stats.zscore, over all axes where `axes` is not given: (x - mean) / std in f64, then rounded. A cell
    of constant data is NaN throughout, as is one that holds NaN or an infinity; with `skipna` NaN alone stays
    NaN. With `fit` statistics are those of another array, over the same axes of it. Two sweeps: one folds, one
    writes.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 0)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param fit: the array whose statistics are taken, such as a training set: the name of an input or a step;
        unset: the array itself (optional)"""

def minmax(a: Any, axes: Axes | None = None, low: float | None = None, high: float | None = None, skipna: bool | None = None, fit: Any | None = None, *, axis: Axes | None = None) -> Array:
    """Values scaled from smallest and largest to a given range.

    Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. (x
    - min) / (max - min) * (high - low) + low in f64, then rounded, over all axes where `axes` is not given;
    differences of 64-bit integers are exact. A cell of constant data has no scale (0 / 0): it is NaN
    throughout, as in zscore. A cell that holds NaN is NaN; with `skipna` NaN alone stays NaN. With `fit`
    statistics are those of another array, over the same axes of it. Two sweeps: one folds, one writes.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param low: what the smallest element becomes (default 0)
    :param high: what the largest element becomes (default 1)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param fit: the array whose statistics are taken, such as a training set: the name of an input or a step;
        unset: the array itself (optional)"""

def standardize(a: Any, channel: Axes | None = None, mean: float | Sequence[float] | None = None, std: float | Sequence[float] | None = None, scale: float | None = None, ddof: int | None = None, skipna: bool | None = None, fit: Any | None = None) -> Array:
    """Each channel less its mean, divided by its standard deviation.

    Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64.
    With `mean` and `std` as torchvision's Normalize: (x / scale - mean) / std, computed in f64 as (x -
    mean·scale) / (std·scale); one sweep. Without them as scikit-learn's StandardScaler, with the channel as
    feature: the statistics over all other axes, found in a sweep of their own; a constant channel is NaN there
    (scikit-learn divides it by 1), as is one that holds NaN or an infinity; with `skipna` NaN alone stays NaN.
    With `fit` the statistics are those of another array, over the same axes of it.

    :param channel: the axis whose every index has statistics of its own; unset: c where it is named (optional)
    :param mean: the mean of each channel, or one for all; unset: found in the data (optional)
    :param std: the standard deviation of each channel, or one for all; unset: found in the data (optional)
    :param scale: what is 1 where mean and std are given: 255 for 8-bit pictures and statistics of 0…1 (default
        1)
    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 0)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param fit: the array whose statistics are taken, such as a training set: the name of an input or a step;
        unset: the array itself (optional)"""

def robust(a: Any, axes: Axes | None = None, q_range: float | Sequence[float] | None = None, spread: str | None = None, mad_scale: float | None = None, skipna: bool | None = None, fit: Any | None = None, *, axis: Axes | None = None) -> Array:
    """Values less their median, divided by the range between two quantiles.

    Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. (x
    - median) / (q75 - q25) in f64, then rounded, over all axes where `axes` is not given: what scikit-learn's
    RobustScaler does to columns. With `spread = "mad"` the scale is scipy.stats.median_abs_deviation: the
    median of |x - median|, divided by `mad_scale`. Quantiles are exact, linear between elements. A cell whose
    two quantiles are equal has no scale and gives NaN and infinities, as zscore; a cell that holds NaN is NaN,
    with `skipna` NaN alone stays NaN. With `fit` statistics are those of another array, over the same axes of
    it. As many sweeps as quantile takes, twice over for mad, and one that writes.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param q_range: the two quantiles whose distance is the scale, the smaller first (default [0.25, 0.75])
    :param spread: the scale: the distance of the two quantiles, or the median absolute deviation from the
        median (default iqr)
    :param mad_scale: what the median absolute deviation is divided by; 0.6744897501960817 makes it the standard
        deviation of normal data (default 1)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param fit: the array whose statistics are taken, such as a training set: the name of an input or a step;
        unset: the array itself (optional)"""

def percentile_rescale(a: Any, axes: Axes | None = None, q: float | Sequence[float] | None = None, low: float | None = None, high: float | None = None, skipna: bool | None = None, fit: Any | None = None, *, axis: Axes | None = None) -> Array:
    """Values stretched from two quantiles to a given range, and held in it.

    Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. (x
    - a) / (b - a) * (high - low) + low in f64, held between low and high, then rounded, where a and b are the
    quantiles of `q`, over all axes where `axes` is not given: scikit-image's rescale_intensity with in_range at
    two percentiles. Quantiles are exact, linear between elements. Where they are equal, what is not above them
    is low and the rest high. A cell that holds NaN is NaN; with `skipna` NaN alone stays NaN. With `fit`
    statistics are those of another array, over the same axes of it. As many sweeps as quantile takes, and one
    that writes.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param q: the quantiles that become low and high, as shares of the elements, the smaller first (default
        [0.01, 0.99])
    :param low: what the smaller quantile becomes (default 0)
    :param high: what the larger quantile becomes (default 1)
    :param skipna: leave NaN out instead of passing it on (default false)
    :param fit: the array whose statistics are taken, such as a training set: the name of an input or a step;
        unset: the array itself (optional)"""

def equalize_hist(a: Any, axes: Axes | None = None, bins: int | None = None, *, axis: Axes | None = None) -> Array:
    """Values replaced by the share of elements up to them: a flat histogram.

    Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As
    skimage.exposure.equalize_hist: the cumulative histogram, as shares of all that is counted, interpolated
    between the centers of bins, in f64, then rounded. Integers up to 16 bits have a bin for each value,
    whatever `bins`: each element becomes the share of elements that are not larger. Without `axes` over the
    whole array, else for each kept cell on its own, with a range of its own. NaN and infinities are not
    counted; NaN stays, and infinities become what the least and the greatest element become. Three sweeps, two
    for integers up to 16 bits.

    :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
    :param bins: how many bins of equal width (default 256)"""

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
    open). Cost: a sorting network over vector lanes up to boxes of 256 elements; beyond that, dtypes of 8 and
    16 bits are counted in a box that moves, where each element costs what enters and leaves, and a selection
    looks at the whole box for each element of the others.

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

def convolve(a: Any, weights: Any, correlate: bool | None = None, axes: Axes | None = None, mode: str | None = None, cval: float | None = None, method: str | None = None, *, axis: Axes | None = None) -> Array:
    """Weighted sum of the neighbours of each element, with weights from another array.

    Any shape, real dtypes but bool; shape and dtype stay. `weights` is an array of real numbers or bool with
    one axis for each of `axes`, in that order. Defined as scipy.ndimage.convolve, with `correlate = true` as
    scipy.ndimage.correlate (weights are not turned around), with origin 0. Sums are f64 and rounded once to the
    dtype: integers half to even, saturating. What has the weight 0 does not count, be it NaN. `method` is how
    sums are made. `direct`, at most 2^20 weights: products one after the other, in the order of the weights.
    `fft`, at most 2^24: by Fourier transforms of blocks, at a cost that hardly grows with the weights; `auto`
    takes it from 500 weights on. Its error is some 10^-16 of the largest value of a block times the sum of all
    weights without their signs, also where a sum is much smaller; integers are exact where the weights are
    whole and that is below 0.5. NaN and infinities are where the direct sum has them. One pass, and one over
    the weights; a separable filter of the same size (gaussian, uniform) is cheaper.

    :param weights: the name of the input or step that holds the weights (required)
    :param correlate: leave the weights as they are: element i of them weighs the neighbour at i - size // 2
        (default false)
    :param axes: axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D
        array (optional)
    :param mode: values beyond the edge: reflect (d c b a | a b c d | d c b a), mirror (d c b | a b c d | c b
        a), nearest (a a a | a b c d | d d d), wrap (b c d | a b c d | a b c), constant (cval) (default
        "reflect")
    :param cval: the value beyond the edge where mode = "constant"; a value of the array's dtype (default 0.0)
    :param method: how sums are made: product by product, by Fourier transforms, or as suits the number of
        weights (default "auto")"""

def label(a: Any, connectivity: int | None = None, axes: Axes | None = None, dtype: DTypeLike | None = None, joins_max: int | None = None, *, axis: Axes | None = None) -> Array:
    """Connected components, numbered from 1.

    Shape and axis names: the input's. dtype: i32, or i64. As scipy.ndimage.label: elements other than 0 (NaN
    too) are foreground, and those that touch have one number. Numbers begin at 1, in the order (C order of
    indices) of each component's first element; background is 0. With `axes` elements touch along these alone,
    and each index of the other axes is a frame with numbers of its own, from 1: axes = "yx" of a (t, y, x)
    stack is scipy.ndimage.label of each image. `connectivity` says what touches, as for scipy's
    generate_binary_structure: 1 is faces, 2 edges too, and so on to all corners. All real dtypes, any number of
    axes. Exact, components may be of any form and size. Frames of up to 2^24 elements for which there is memory
    (some 12 bytes for each element) take one sweep, other arrays two. Memory of these: up to 13 bytes for each
    element of a face between what has been read and what has not (a plane of a stack), and 33 for each of
    `joins_max`.

    :param connectivity: elements touch where at most this many of their indices differ, by 1 each (default 1)
    :param axes: axes along which elements touch, as numbers or letters; all where it is not given (optional)
    :param dtype: of the labels, i32 or i64; more components than it holds are an error (default i32)
    :param joins_max: frames are labelled in blocks; how many pieces of components, beyond the first piece of
        each, may be joined across the blocks of one frame; more is an error. Where it is not given, as many as
        there can be, or one for each 64 elements of a frame and 2^18 at least: that follows from the shape
        alone (optional)"""

def region_properties(a: Any, labels: int | None = None, intensity: Any | None = None, properties: str | Sequence[str] | None = None, axes: Axes | None = None, labels_max: int | None = None, *, axis: Axes | None = None) -> Array:
    """Area, centroid, bounding box and intensities of each labelled region.

    Shape: (labels, columns), f64: a row for each label from 1 on, columns in the order of `properties`, as
    skimage.measure.regionprops_table has them: label; area, the number of elements; centroid, the mean index
    along each axis; bbox, the first index along each axis, then for each axis one past the last; and of the
    elements of `intensity` that belong to the region intensity_sum, _mean, _min, _max and centroid_weighted,
    the mean index weighted by intensity. Without `labels` there are rows up to the largest label; their number
    is then known only after the run, so that no step can take the table. With `axes` each index of the other
    axes has a table of its own, as for images that were labelled one by one: the shape is theirs, then (labels,
    columns), indices are those along `axes`, and `labels` must be given. A label that does not occur has the
    area 0 and NaN elsewhere. Labels are whole numbers of any integer dtype or bool, 0 is background; negative
    ones and those above `labels` are an error that names the index. NaN intensities give NaN. Sums are exact
    and rounded once, whatever the dtypes. One sweep; for each label 8 bytes, 32 for each axis, and with
    intensities 56 (integers, f16), 112 (f32) or 568 (f64), for centroid_weighted as much again for each axis;
    in each tile that waits too.

    :param labels: how many labels there are: the table has rows for 1 to this number; found from the labels
        where it is not given (optional)
    :param intensity: the name of an input or step of the shape of the labels, for the intensity properties
        (optional)
    :param properties: what the columns hold, in their order (default ["label", "area", "centroid", "bbox"])
    :param axes: axes to measure over, as numbers or letters; all where it is not given (optional)
    :param labels_max: the largest label there is room for where `labels` is not given; a larger one is an error
        (default 65536)"""

def rolling_mean(a: Any, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Mean of a sliding window along one axis.

    The result at i is the mean of the elements i - window + 1 ..= i, as pandas' rolling(window).mean(); with
    center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
    never counts; with fewer than min_count values the result is NaN. Shape and axis names are kept; floats keep
    their dtype, integers up to 16 bits give f32, wider ones f64; bool and complex are refused. Sums are kept in
    twice the precision of f64 and nothing is ever subtracted, so large values, infinities and NaN leave no
    trace once they have left the window. The time per element does not depend on the window. Windows up to 64
    take one sweep, up to 1024 one or two, longer ones two sweeps and three reads of the input, in memory that
    grows with the root of the window.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_max(a: Any, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Maximum of a sliding window along one axis.

    The result at i is the largest of the elements i - window + 1 ..= i, as pandas' rolling(window).max(); with
    center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
    never counts; with fewer than min_count values the result is NaN. -0 is below +0. Shape and axis names are
    kept. Floats keep their dtype; integers keep theirs where min_count is 1 (no result can be missing), else up
    to 16 bits give f32 and wider ones f64; bool and complex are refused. The time per element does not depend
    on the window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three
    reads of the input, in memory that grows with the root of the window.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_min(a: Any, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Minimum of a sliding window along one axis.

    The result at i is the smallest of the elements i - window + 1 ..= i, as pandas' rolling(window).min(); with
    center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
    never counts; with fewer than min_count values the result is NaN. -0 is below +0. Shape and axis names are
    kept. Floats keep their dtype; integers keep theirs where min_count is 1 (no result can be missing), else up
    to 16 bits give f32 and wider ones f64; bool and complex are refused. The time per element does not depend
    on the window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three
    reads of the input, in memory that grows with the root of the window.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_sum(a: Any, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Sum of a sliding window along one axis.

    The result at i is the sum of the elements i - window + 1 ..= i, as pandas' rolling(window).sum(); with
    center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
    never counts; with fewer than min_count values the result is NaN. Shape and axis names are kept. Floats keep
    their dtype and are summed in twice the precision of f64 and rounded at the end; nothing is ever subtracted,
    so large values, infinities and NaN leave no trace once they have left the window. Where min_count is 1, so
    that no result can be missing, signed integers give i64 and unsigned ones u64, exact, and a sum beyond that
    is an error that names the index; else integers give f64, the exact sum rounded once. bool and complex are
    refused. The time per element does not depend on the window. Windows up to 64 take one sweep, up to 1024 one
    or two, longer ones two sweeps and three reads of the input, in memory that grows with the root of the
    window.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_var(a: Any, window: int | str, min_count: int | None = None, center: bool | None = None, ddof: int | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Variance of a sliding window along one axis.

    The result at i is the variance of the elements i - window + 1 ..= i, as pandas' rolling(window).var():
    squares of deviations are divided by the count less ddof, 1 unless given. With center the window reaches
    (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN never counts; with fewer than
    min_count values, or no more than ddof, the result is NaN, as it is of a window with an infinity. Shape and
    axis names are kept; floats keep their dtype, integers up to 16 bits give f32, wider ones f64 (64-bit ones
    are rounded to f64 first); bool and complex are refused. Means and squares are kept in twice the precision
    of f64 and joined without subtracting what has left (Chan, Golub, LeVeque 1983): a large mean costs no
    digits, constant values give 0, nothing leaves a trace. The time per element does not depend on the window;
    it is several times that of rolling_mean. Windows up to 64 take one sweep, up to 1024 one or two, longer
    ones two sweeps and three reads of the input, in memory that grows with the root of the window.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 1)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_std(a: Any, window: int | str, min_count: int | None = None, center: bool | None = None, ddof: int | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Standard deviation of a sliding window along one axis.

    The result at i is the standard deviation of the elements i - window + 1 ..= i, as pandas'
    rolling(window).std(): squares of deviations are divided by the count less ddof, 1 unless given. With center
    the window reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN never counts;
    with fewer than min_count values, or no more than ddof, the result is NaN, as it is of a window with an
    infinity. Shape and axis names are kept; floats keep their dtype, integers up to 16 bits give f32, wider
    ones f64 (64-bit ones are rounded to f64 first); bool and complex are refused. Means and squares are kept in
    twice the precision of f64 and joined without subtracting what has left (Chan, Golub, LeVeque 1983): a large
    mean costs no digits, constant values give 0, nothing leaves a trace. The time per element does not depend
    on the window; it is several times that of rolling_mean. Windows up to 64 take one sweep, up to 1024 one or
    two, longer ones two sweeps and three reads of the input, in memory that grows with the root of the window.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 1)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_skew(a: Any, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Skewness of a sliding window along one axis.

    The result at i is the skewness of the elements i - window + 1 ..= i, as pandas' rolling(window).skew(): the
    third central moment divided by the second to the power of 3/2, times sqrt(n (n - 1)) / (n - 2), which makes
    it unbiased for normal values. With center the window reaches (window - 1) // 2 beyond i. At the ends of the
    axis windows shrink. NaN never counts; with fewer than min_count values or fewer than 3, with an infinity,
    or where all values are equal, the result is NaN. Shape and axis names are kept; floats keep their dtype,
    integers up to 16 bits give f32, wider ones f64 (64-bit ones are rounded to f64 first); bool and complex are
    refused. Moments are kept in twice the precision of f64 and joined without subtracting what has left (Pebay
    2008): a large mean costs no digits, nothing leaves a trace. The time per element does not depend on the
    window; it is several times that of rolling_mean. Windows up to 64 take one sweep, up to 1024 one or two,
    longer ones two sweeps and three reads of the input, in memory that grows with the root of the window.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_argmax(a: Any, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Place of the maximum of a sliding window along one axis.

    The result at i says where in the elements i - window + 1 ..= i the largest lies, as bottleneck.move_argmax:
    the number of places between it and i, 0 for the last place of the window, window - 1 for the first. With
    center the window reaches (window - 1) // 2 beyond i, and places after i count below 0. Its index along the
    axis is always i less the result. Of equal values the last counts; -0 equals +0. At the ends of the axis
    windows shrink. NaN never counts; with fewer than min_count values the result is NaN. Shape and axis names
    are kept; the dtype is f64; bool and complex are refused. The time per element does not depend on the
    window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three reads of
    the input, in memory that grows with the root of the window.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_argmin(a: Any, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Place of the minimum of a sliding window along one axis.

    The result at i says where in the elements i - window + 1 ..= i the smallest lies, as
    bottleneck.move_argmin: the number of places between it and i, 0 for the last place of the window, window -
    1 for the first. With center the window reaches (window - 1) // 2 beyond i, and places after i count below
    0. Its index along the axis is always i less the result. Of equal values the last counts; -0 equals +0. At
    the ends of the axis windows shrink. NaN never counts; with fewer than min_count values the result is NaN.
    Shape and axis names are kept; the dtype is f64; bool and complex are refused. The time per element does not
    depend on the window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and
    three reads of the input, in memory that grows with the root of the window.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_median(a: Any, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Median of a sliding window along one axis.

    The result at i is the median of the elements i - window + 1 ..= i, as pandas' rolling(window).median(): of
    an even number of values the mean of the two in the middle. With center the window reaches (window - 1) // 2
    beyond i. At the ends of the axis windows shrink. NaN never counts; with fewer than min_count values the
    result is NaN. Between a number and an infinity lies the infinity. A zero found is +0. Shape and axis names
    are kept; floats keep their dtype, integers up to 16 bits give f32, wider ones f64; bool and complex are
    refused. Cost and memory are those of rolling_quantile: a window for which the budget has no room is
    refused.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_quantile(a: Any, window: int | str, q: float, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Quantile of a sliding window along one axis.

    The result at i is the quantile q of the elements i - window + 1 ..= i, as pandas'
    rolling(window).quantile(q): of n values in ascending order the one at q (n - 1), and between two of them
    what lies on the line from one to the other (NumPy's method "linear"). With center the window reaches
    (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN never counts; with fewer than
    min_count values the result is NaN. Between a number and an infinity lies the infinity. A zero found is +0.
    Shape and axis names are kept; floats keep their dtype, integers up to 16 bits give f32, wider ones f64;
    bool and complex are refused. Cost: every value is sorted two to five times with some thousands or up to two
    windows of others, then steps to the next window take constant time. Memory: the tile's windows, and 20
    bytes for each element of one and a quarter to two windows; a window for which the budget has no room is
    refused.

    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param q: the share of values at or below the result: 0 the smallest, 0.5 the median, 1 the largest
        (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_cov(a: Any, other: Any, window: int | str, min_count: int | None = None, center: bool | None = None, ddof: int | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Covariance of two arrays in a sliding window along one axis.

    The result at i is the covariance of the elements i - window + 1 ..= i of this array and of the other, as
    pandas' rolling(window).cov(other): products of deviations are divided by the count less ddof, 1 unless
    given. The other array has the same shape. A place counts where neither value is NaN; with fewer than
    min_count of them, or no more than ddof, the result is NaN, as it is of a window with an infinity. With
    center the window reaches (window - 1) // 2 beyond i; at the ends of the axis windows shrink; with step
    every so many results are kept. Shape and axis names are kept. Each array counts as its own dtype if that is
    a float, as f32 if it is an integer up to 16 bits, else as f64 (64-bit integers are rounded to f64 first),
    and the result is the wider of the two; bool and complex are refused. Means and products are kept in twice
    the precision of f64 and joined without subtracting what has left: values far from 0 cost no digits, nothing
    leaves a trace. The time per element does not depend on the window; it is about twice that of rolling_var.
    Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three reads of both
    inputs, in memory that grows with the root of the window.

    :param other: the array beside the one that the step takes: the name of an input or a step (required)
    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
        (default 1)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def rolling_corr(a: Any, other: Any, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
    """Correlation of two arrays in a sliding window along one axis.

    The result at i is the correlation (Pearson's) of the elements i - window + 1 ..= i of this array and of the
    other, from -1 to 1, as pandas' rolling(window).corr(other). Where the values of one of them are all equal
    it is NaN. The other array has the same shape. A place counts where neither value is NaN; with fewer than
    min_count of them the result is NaN, as it is of a window with an infinity. With center the window reaches
    (window - 1) // 2 beyond i; at the ends of the axis windows shrink; with step every so many results are
    kept. Shape and axis names are kept. Each array counts as its own dtype if that is a float, as f32 if it is
    an integer up to 16 bits, else as f64 (64-bit integers are rounded to f64 first), and the result is the
    wider of the two; bool and complex are refused. Means and products are kept in twice the precision of f64
    and joined without subtracting what has left: values far from 0 cost no digits, nothing leaves a trace. The
    time per element does not depend on the window; it is about twice that of rolling_var. Windows up to 64 take
    one sweep, up to 1024 one or two, longer ones two sweeps and three reads of both inputs, in memory that
    grows with the root of the window.

    :param other: the array beside the one that the step takes: the name of an input or a step (required)
    :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
        30m") (required)
    :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
        the window, with time 1 (optional)
    :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
        it (default false)
    :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

def resample(a: Any, stat: str | None = None, count: int | None = None, time: Any | None = None, every: str | None = None, unit: str | None = None, origin: str | None = None, min_count: int | None = None, ddof: int | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """One value for every so many rows, or for every stretch of a column of time.

    Along one axis, `count` elements, or those whose `time` lies in the same stretch of `every`, become one;
    shape and axis names are otherwise kept. As pandas' resample(every).mean() and so on, with buckets that
    contain their left edge, from the one of the first time to that of the last; empty ones are there. `time` is
    an input (1-D, as long as the axis): integers or floats in `unit`, never descending; rows whose time is
    missing (NaN, NaT) are left out. It is looked at before the plan, once. NaN never counts; with fewer than
    min_count values a result is NaN. std and var divide by the count less ddof; ohlc gives first, max, min and
    last along a new last axis; time gives where buckets begin (1-D, in the dtype of time). dtype: floats keep
    theirs, integers up to 16 bits and bool give f32, wider ones f64, sums of integers f64, count i64; complex
    is refused. Buckets may be of any size. One sweep; medians of buckets that memory has no room for take one
    for each digit of the values.

    :param stat: what is computed of a bucket (default mean)
    :param count: elements of a bucket; the last one may have fewer (optional)
    :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
    :param every: how long a bucket is: "500ms", "90s", "1h 30m", "1d", or a number of units of time (optional)
    :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)
    :param origin: where buckets are counted from: midnight (UTC) before the first time, 1970, or the first time
        itself (default start_day)
    :param min_count: values below which a result is NaN; unset: 0 for sum and count, else 1 (optional)
    :param ddof: delta degrees of freedom of std and var (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

def cumsum(a: Any, axes: Axes | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Running sum along one axis.

    The result at i is the sum of the elements 0 ..= i along the axis, as numpy.cumsum. Shape and axis names are
    kept. Signed integers and bool give i64, unsigned ones u64, exact, and a sum beyond that is an error that
    names the index; floats keep their dtype and are summed in twice the precision of f64 and rounded at the
    end; complex is refused. NaN propagates: all that follows is NaN. With skipna a NaN stays in its place and
    the sum goes on after it, as in pandas. One sweep; tiles pass their carry along the axis in order.

    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param skipna: whether the sum goes on after a NaN (default false)"""

def cumprod(a: Any, axes: Axes | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Running product along one axis.

    The result at i is the product of the elements 0 ..= i along the axis, as numpy.cumprod. Shape and axis
    names are kept. Signed integers and bool give i64, unsigned ones u64, exact, and a product beyond that is an
    error that names the index. Floats keep their dtype; they are multiplied in twice the precision of f64 with
    an unbounded exponent and rounded at the end, so that what was too large or too small on the way does not
    matter: 1e200, 1e200, 1e-300 give 1e200, inf, 1e100. A zero times an infinity is NaN, wherever they stand.
    Complex is refused. NaN propagates: all that follows is NaN. With skipna a NaN stays in its place and the
    product goes on after it, as in pandas. One sweep; tiles pass their carry along the axis in order.

    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param skipna: whether the product goes on after a NaN (default false)"""

def cummax(a: Any, axes: Axes | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Largest value so far along one axis.

    The result at i is the largest of the elements 0 ..= i along the axis, as numpy.maximum.accumulate. Shape,
    dtype and axis names are kept; complex is refused. -0 is below +0. NaN propagates: all that follows is NaN.
    With skipna a NaN stays in its place and the next result goes on without it, as in pandas. One sweep; tiles
    pass their carry along the axis in order.

    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param skipna: whether a NaN stays where it is, and the next result goes on without it (default false)"""

def cummin(a: Any, axes: Axes | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
    """Smallest value so far along one axis.

    The result at i is the smallest of the elements 0 ..= i along the axis, as numpy.minimum.accumulate. Shape,
    dtype and axis names are kept; complex is refused. -0 is below +0. NaN propagates: all that follows is NaN.
    With skipna a NaN stays in its place and the next result goes on without it, as in pandas. One sweep; tiles
    pass their carry along the axis in order.

    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param skipna: whether a NaN stays where it is, and the next result goes on without it (default false)"""

def ffill(a: Any, axes: Axes | None = None, limit: int | None = None, *, axis: Axes | None = None) -> Array:
    """Missing values filled with the last value before them along one axis.

    A NaN becomes the last element before it along the axis that is not NaN, as in pandas' DataFrame.ffill; with
    a limit, at most so many in a row, the nearest to that element. What has no value before it stays NaN.
    Shape, dtype and axis names are kept; integers and bool, which have no NaN, pass unchanged; complex is
    refused. One sweep; tiles pass their carry along the axis in order.

    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param limit: how many NaN in a row are filled from one value; unset: all (optional)"""

def bfill(a: Any, axes: Axes | None = None, limit: int | None = None, *, axis: Axes | None = None) -> Array:
    """Missing values filled with the next value after them along one axis.

    A NaN becomes the next element after it along the axis that is not NaN, as in pandas' DataFrame.bfill; with
    a limit, at most so many in a row, the nearest to that element. What has no value after it stays NaN. Shape,
    dtype and axis names are kept; integers and bool, which have no NaN, pass unchanged; complex is refused. One
    sweep; tiles pass their carry along the axis from the last to the first.

    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param limit: how many NaN in a row are filled from one value; unset: all (optional)"""

def interpolate(a: Any, axes: Axes | None = None, limit: int | None = None, limit_direction: str | None = None, *, axis: Axes | None = None) -> Array:
    """Missing values filled on the line between their neighbours along one axis.

    A NaN becomes the value at its index of the straight line from the last element before it to the next one
    after it that are not NaN, as in pandas' DataFrame.interpolate with method="linear": elements stand at equal
    distances. Before the first value of a line and after the last one, that value is repeated where
    limit_direction leads there: "forward" fills no gap at the beginning, "backward" none at the end. With a
    limit, at most so many in a row are filled, counted from the values before (forward), after (backward), or
    from either (both). Computed in f64 and rounded to the dtype. Shape, dtype and axis names are kept; integers
    and bool, which have no NaN, pass unchanged; complex is refused. Two sweeps; tiles of the second pass their
    carry along the axis in order.

    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
    :param limit: how many NaN in a row are filled from one value; unset: all (optional)
    :param limit_direction: from which neighbour the limit counts, and at which end of a line a gap is filled
        (default "forward")"""

def ewm_mean(a: Any, alpha: float | None = None, com: float | None = None, span: float | None = None, halflife: float | None = None, adjust: bool | None = None, ignore_na: bool | None = None, min_count: int | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """Exponentially weighted mean along one axis.

    The result at i is the weighted mean of the elements 0 ..= i, as pandas' ewm(…).mean(): the weight of an
    element falls by 1 - alpha from place to place, and one of alpha, com, span and halflife says how fast. With
    adjust weights are divided by their sum; without it the result is the recursion y = (1 - alpha) y + alpha x
    that begins with the first value. NaN never counts, and weights fall over its place unless ignore_na is set;
    between values the last result stays. With fewer than min_count values so far the result is NaN. An infinity
    stays in all later results; after both it is NaN. Shape and axis names are kept; floats keep their dtype,
    integers up to 16 bits and bool give f32, wider ones f64 (64-bit ones are rounded to f64 first); complex is
    refused. The mean is kept in two parts, so that values far from 0 keep their digits, and constant values are
    themselves. One sweep; tiles pass their carry along the axis in order.

    :param alpha: the share of a new value, above 0; give this or one of com, span, halflife (optional)
    :param com: centre of mass in places: alpha = 1 / (1 + com) (optional)
    :param span: span in places: alpha = 2 / (span + 1) (optional)
    :param halflife: places after which a weight is half of what it was: alpha = 1 - 0.5^(1 / halflife)
        (optional)
    :param adjust: whether weights are divided by their sum; false: y = (1 - alpha) y + alpha x from the first
        value on (default true)
    :param ignore_na: whether the place of a NaN does not count either, so that weights follow from the values
        alone (default false)
    :param min_count: values (not NaN) so far below which a result is NaN (default 1)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

def ewm_var(a: Any, alpha: float | None = None, com: float | None = None, span: float | None = None, halflife: float | None = None, adjust: bool | None = None, ignore_na: bool | None = None, min_count: int | None = None, bias: bool | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """Exponentially weighted variance along one axis.

    The result at i is the weighted variance of the elements 0 ..= i, as pandas' ewm(…).var(): squares of
    deviations from the weighted mean are weighted as the mean is, and divided by 1 less the sum of the squared
    shares unless bias is set: so a single value gives NaN, or 0 with bias. The weight of an element falls by 1
    - alpha from place to place, and one of alpha, com, span and halflife says how fast; adjust, ignore_na and
    min_count are those of ewm_mean. NaN never counts; the result is NaN from an infinity on. Shape and axis
    names are kept; floats keep their dtype, integers up to 16 bits and bool give f32, wider ones f64 (64-bit
    ones are rounded to f64 first); complex is refused. Nothing is subtracted but values from means: values far
    from 0 keep their digits, and constant values give 0. One sweep; tiles pass their carry along the axis in
    order.

    :param alpha: the share of a new value, above 0; give this or one of com, span, halflife (optional)
    :param com: centre of mass in places: alpha = 1 / (1 + com) (optional)
    :param span: span in places: alpha = 2 / (span + 1) (optional)
    :param halflife: places after which a weight is half of what it was: alpha = 1 - 0.5^(1 / halflife)
        (optional)
    :param adjust: whether weights are divided by their sum; false: y = (1 - alpha) y + alpha x from the first
        value on (default true)
    :param ignore_na: whether the place of a NaN does not count either, so that weights follow from the values
        alone (default false)
    :param min_count: values (not NaN) so far below which a result is NaN (default 1)
    :param bias: whether the weighted mean of squares is left as it is; false: divided by what remains of 1 when
        the sum of squared shares is taken away (default false)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

def ewm_std(a: Any, alpha: float | None = None, com: float | None = None, span: float | None = None, halflife: float | None = None, adjust: bool | None = None, ignore_na: bool | None = None, min_count: int | None = None, bias: bool | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """Exponentially weighted standard deviation along one axis.

    The result at i is the weighted standard deviation of the elements 0 ..= i, as pandas' ewm(…).std(): squares
    of deviations from the weighted mean are weighted as the mean is, and divided by 1 less the sum of the
    squared shares unless bias is set: so a single value gives NaN, or 0 with bias. The weight of an element
    falls by 1 - alpha from place to place, and one of alpha, com, span and halflife says how fast; adjust,
    ignore_na and min_count are those of ewm_mean. NaN never counts; the result is NaN from an infinity on.
    Shape and axis names are kept; floats keep their dtype, integers up to 16 bits and bool give f32, wider ones
    f64 (64-bit ones are rounded to f64 first); complex is refused. Nothing is subtracted but values from means:
    values far from 0 keep their digits, and constant values give 0. One sweep; tiles pass their carry along the
    axis in order.

    :param alpha: the share of a new value, above 0; give this or one of com, span, halflife (optional)
    :param com: centre of mass in places: alpha = 1 / (1 + com) (optional)
    :param span: span in places: alpha = 2 / (span + 1) (optional)
    :param halflife: places after which a weight is half of what it was: alpha = 1 - 0.5^(1 / halflife)
        (optional)
    :param adjust: whether weights are divided by their sum; false: y = (1 - alpha) y + alpha x from the first
        value on (default true)
    :param ignore_na: whether the place of a NaN does not count either, so that weights follow from the values
        alone (default false)
    :param min_count: values (not NaN) so far below which a result is NaN (default 1)
    :param bias: whether the weighted mean of squares is left as it is; false: divided by what remains of 1 when
        the sum of squared shares is taken away (default false)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

def savgol(a: Any, window_length: int, polyorder: int, deriv: int | None = None, delta: float | None = None, mode: str | None = None, cval: float | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """Polynomials fitted to sliding windows along one axis (Savitzky-Golay).

    The result at i is the value at i of the polynomial of degree polyorder that fits the window_length elements
    around i best, or its derivative, as scipy.signal.savgol_filter. With mode = "interp" the results of half a
    window at each end are those of the polynomial through the first or last whole window; the other modes make
    up values beyond the ends. Shape and axis names are kept; floats keep their dtype, integers up to 16 bits
    and bool give f32, wider ones f64 (64-bit ones are rounded to f64 first); complex is refused. Computed in
    f64, rounded once. NaN and infinities spoil the results whose windows they are in. One pass; its time grows
    with the window, and a tile reads a window less one element beyond each side, half of that where mode is not
    "interp".

    :param window_length: elements of a window, an odd number; with mode = "interp" at most those along the axis
        (required)
    :param polyorder: degree of the polynomials, less than window_length (required)
    :param deriv: which derivative of the polynomials is taken; 0: their values (default 0)
    :param delta: distance between elements, for derivatives: they are divided by delta to the power of deriv
        (default 1.0)
    :param mode: what the ends of the axis do (default "interp")
    :param cval: the value beyond the ends where mode = "constant"; a value of the array's dtype (default 0.0)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

def butterworth(a: Any, order: int, cutoff: float | Sequence[float], btype: str | None = None, sample_rate: float | None = None, zero_phase: bool | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """Low-pass, high-pass, band-pass or band-stop filter along one axis.

    A Butterworth filter along one axis, as second-order sections: forward from rest, as scipy.signal.sosfilt of
    butter(order, cutoff, btype, fs=sample_rate, output="sos"), or with zero_phase forward and backward, as
    sosfiltfilt with its odd extension: 3 * (order + 1) values beyond each end, 3 * (2 * order + 1) of the two
    band filters, and the axis must be longer than that. Half of the power passes at a cutoff, a quarter with
    zero_phase. Shape and axis names are kept; floats keep their dtype, integers up to 16 bits and bool give
    f32, wider ones f64 (64-bit ones are rounded to f64 first); complex is refused. Filters run in f64 and are
    rounded at the end. A NaN or an infinity spoils all that follows on its line, with zero_phase all of it.
    Forward is one sweep; tiles pass their carry along the axis in order. zero_phase takes two sweeps, one of
    them backward, with an array of f64 between, and what an earlier step makes is kept first.

    :param order: the order; band filters have twice as many poles (required)
    :param cutoff: the frequency at which half of the power passes, two for band filters; in units of
        sample_rate, below its half (required)
    :param btype: what passes (default "lowpass")
    :param sample_rate: samples for each unit of time: with samples per second cutoff is in Hz, with 1 in cycles
        per sample (default 1.0)
    :param zero_phase: whether the filter runs backward over its own result, too, so that nothing is delayed
        (default false)
    :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

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
    reversed. One pass, whose tiles are shaped so that runs are long in both arrays; or two, over a temporary
    file of the size of the array, in which the input's fastest axis is cut into blocks. Runs are long in both
    of these in a tile that is many times smaller, which pays where files do not fit the page cache.

    :param axes: every axis of the input once, in the order of the result ("nchw", [0, 3, 1, 2]); unset:
        reversed (optional)"""

def reshape(a: Any, shape: int | Sequence[int]) -> Array:
    """The same elements in C order, in another shape.

    Any dtype, complex ones too; the result has the same elements, bit for bit. As numpy.reshape in C order: the
    last axis runs fastest in both shapes, and one extent may be -1, which is what remains. Axes that stay as
    they are keep their names. One pass. Axes are paired in the smallest groups that hold the same elements, and
    tiles are whole along the faster axes of a group. Where neither side's faster extents divide the other's, as
    in [4, 6] to [6, 4], a tile reads up to one more row of the input at either end.

    :param shape: the extents of the result; -1 once for what remains (required)"""

def shuffle(a: Any, seed: int | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
    """Records in a random order that follows from a seed.

    Shape, dtype and axis names of the input; any dtype, bit for bit. A record is everything with one index
    along `axis`; each comes out once. The order follows from the seed and the number of records alone, so that
    samples and their labels, shuffled in two steps with one seed, stay together. It is the order of a Feistel
    network over SplitMix64 and is computed where it is needed, so that nothing of the size of an index is held.
    Records of 64 KiB and more take one sweep; smaller ones two, over a temporary file of the size of the array,
    in memory that grows with the root of that size.

    :param seed: another number, another order (default 0)
    :param axes: the one axis that counts records, as a number or a letter (default 0)"""

def random(a: Any, distribution: str | None = None, seed: int | None = None, low: float | None = None, high: float | None = None, mean: float | None = None, std: float | None = None) -> Array:
    """Random numbers in the shape of an array, each by its index and a seed.

    Shape and axis names of the input, whose elements are not read. dtype: floats keep theirs, integers up to 16
    bits and bool give f32, wider ones f64; complex is refused. Element i in C order comes from output i of
    SplitMix64 begun with the seed: `uniform` takes its highest bits (53 for f64, 24 for f32, 11 for f16, 8 for
    bf16) as a number from 0 on and below 1 and scales it from `low` to `high`; `normal` takes the quantile
    (Wichura's AS 241) of the middle of one of 2^53 equal parts. For noise: `expr` adds it, times what is
    wanted. One sweep that reads nothing.

    :param distribution: uniform between low and high, or normal with mean and std (default uniform)
    :param seed: another number, other values (default 0)
    :param low: least value (uniform) (default 0)
    :param high: upper end, not reached (uniform) (default 1)
    :param mean: mean (normal) (default 0)
    :param std: standard deviation (normal) (default 1)"""

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

    def argmin(self, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Index of the smallest value over all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: i64. As numpy.argmin, and
        numpy.nanargmin with `skipna`: the index of the first of the smallest elements, counted in C order through
        the axes that are worked over (all of them: numpy.unravel_index gives the place). The first NaN is the
        smallest; with `skipna` a cell of nothing but NaN is an error that names it. -0 equals +0. Refused where
        there is nothing to choose from. One sweep at the rate of memory, 16 bytes for each kept cell.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def argmax(self, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Index of the largest value over all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: i64. As numpy.argmax, and
        numpy.nanargmax with `skipna`: the index of the first of the largest elements, counted in C order through
        the axes that are worked over (all of them: numpy.unravel_index gives the place). The first NaN is the
        largest; with `skipna` a cell of nothing but NaN is an error that names it. -0 equals +0. Refused where
        there is nothing to choose from. One sweep at the rate of memory, 16 bytes for each kept cell.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def first(self, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """First element along all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's, any; bit for bit.
        The element at index 0 of every axis that is worked over. With `skipna` the first in C order that is not
        NaN, as pandas' groupby(...).first() has it, and NaN where there is none; complex arrays are refused then.
        Refused where there is nothing to choose from. Reads that element alone; with `skipna` a float array is
        swept once, with 16 bytes for each kept cell.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def last(self, axes: Axes | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Last element along all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`). dtype: the input's, any; bit for bit.
        The element at the last index of every axis that is worked over. With `skipna` the last in C order that is
        not NaN, as pandas' groupby(...).last() has it, and NaN where there is none; complex arrays are refused
        then. Refused where there is nothing to choose from. Reads that element alone; with `skipna` a float array
        is swept once, with 16 bytes for each kept cell.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param keepdims: keep the axes that were worked over, with extent 1 (default false)"""

    def quantile(self, q: float | Sequence[float], axes: Axes | None = None, method: str | None = None, skipna: bool | None = None, keepdims: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Exact quantiles over all or some axes.

        Shape: the input's without `axes` (with extent 1 under `keepdims`), and a new first axis where `q` is a
        list. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As
        numpy.quantile, and numpy.nanquantile with `skipna`, for every `method`; exact however large the array:
        ranks are found, never estimated. Between two elements in f64, then rounded. NaN propagates; the quantile of
        nothing is NaN. One sweep where lines fit in memory and for 8 and 16 bits. Of a whole array of a million
        elements or more, up to four quantiles take one sweep too, between brackets from a sample; where the sample
        misled, as in an array that drifts, and for other arrays of wide elements, there is one sweep for each
        digit: 32 bits take two to four in common budgets, 64 bits four to six.

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

    def histogram2d(self, other: Any, bins: int | Sequence[int] | None = None, range: float | Sequence[float] | None = None) -> Array:
        """Counts of pairs of elements of two arrays in rectangles of equal size.

        Shape: (bins of the array, bins of `other`), whatever the arrays'. dtype: i64. As numpy.histogram2d of all
        elements of two arrays of one shape: bins include their lower edge, the last one both; data of one value
        lies in the middle of a range of width 1. A pair is not counted where one of its elements is NaN or lies
        outside its range. Without `range` each array has its own, from the smallest to the largest finite element,
        and infinities are not counted (NumPy refuses them). Two sweeps, one with `range`; 4 bytes for each
        rectangle.

        :param other: the array of the second elements, of the same shape: the name of an input or a step (required)
        :param bins: how many bins of equal width: one number for both arrays, or two (default 10)
        :param range: the outer edges, as [low, high, low of other, high of other]; unset: the smallest and the
            largest finite element of each (optional)"""

    def bincount(self, bins: int) -> Array:
        """How often each whole number from 0 on occurs.

        Shape: (bins), whatever the input's. dtype: i64. As numpy.bincount of all elements, with `bins` as
        minlength: element i of the result counts the elements equal to i. Arrays of integers and bool; a number
        below 0 or of `bins` and above is an error that names its index (NumPy grows the result instead). One sweep;
        4 bytes for each bin.

        :param bins: how many numbers are counted: 0 to bins - 1 (required)"""

    def unique(self, values_max: int | None = None) -> Array:
        """The distinct values of an array, sorted.

        Shape: (n), whatever the input's; n is known only after the run, and a plan says at most how many. dtype:
        the input's. As numpy.unique of all elements: ascending, NaN last and once; zeros are one value, which comes
        out as +0. More than `values_max` distinct values are an error. No step can take the result, since plans
        need lengths: write it to a file. One sweep, shared with `unique_counts` of the same array; some 40 bytes
        for each value that is allowed and can be there.

        :param values_max: how many distinct values there may be; more are an error. Memory is set aside for as many
            (default 65536)"""

    def unique_counts(self, values_max: int | None = None) -> Array:
        """How often each distinct value occurs, in the order of unique.

        Shape: (n), whatever the input's; n is known only after the run, and a plan says at most how many. dtype:
        i64. As numpy.unique of all elements with return_counts: element i counts the elements equal to element i of
        `unique`; NaN counts as one value. More than `values_max` distinct values are an error. No step can take the
        result, since plans need lengths: write it to a file. One sweep, shared with `unique` of the same array;
        some 40 bytes for each value that is allowed and can be there.

        :param values_max: how many distinct values there may be; more are an error. Memory is set aside for as many
            (default 65536)"""

    def topk(self, k: int, axes: Axes | None = None, largest: bool | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
        """The k largest or smallest elements over all or some axes.

        Shape: k in front of the input's without `axes`. dtype: the input's. The last k of numpy.sort from the last
        on, and with `largest = false` the first k: values as torch.topk has them, sorted. NaN is the largest value,
        as NumPy sorts: it comes first of the largest and last of the smallest; with `skipna` it is left out, and
        NaN stands where fewer than k remain. A zero that is found comes out as +0. More than the elements there are
        is refused. One sweep; room for 2 k elements for each cell.

        :param k: how many elements (required)
        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param largest: the largest, from the largest down; else the smallest, from the smallest up (default true)
        :param skipna: leave NaN out instead of passing it on (default false)"""

    def grouped(self, labels: Any, stat: str | None = None, axes: Axes | None = None, groups: int | None = None, skipna: bool | None = None, ddof: int | None = None, *, axis: Axes | None = None) -> Array:
        """Sum, mean, spread, extremes or count of the elements that share a label.

        Shape: (groups) and then the input's without `axes`; element g is the statistic of the elements whose label
        is g, as pandas.DataFrame.groupby and scipy.ndimage.sum_labels have it. `labels` is an array of integers or
        bool, of the input's shape or of that of the axes worked over: with data (t, y, x), labels (t) and axes =
        "t" a climatology of shape (groups, y, x). Elements with a negative label are left out, as pandas leaves out
        the code -1; a label of `groups` and above is an error that names its index. Without `groups` the largest
        label decides: the length is then known only after the run, so that no step can take the result, and memory
        is set aside for all labels of 8 or 16 bits, or 65,536 groups. dtype: count i64; min and max the input's;
        sum the input's for floats, i64 or u64 for integers, and an error beyond 64 bits; mean, std and var f64;
        median as `quantile`, which needs `groups`. Sums and squares are exact, and rounded once to f64, so that var
        does not suffer far from 0; var is divided by the count less `ddof`, std is its root. NaN propagates within
        its group; with `skipna` it is left out, also of counts. A group of nothing has count 0, sum 0, and NaN
        otherwise; min and max of integers refuse it. -0 lies below +0. One sweep, and one for each digit of a
        median; for each group and kept cell some 100 bytes for f32, 600 for f64, and twice that for std and var.

        :param labels: the array of labels: the name of an input or a step (required)
        :param stat: what is computed of each group (default mean)
        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param groups: how many groups there are: labels 0 to groups - 1; found from the labels where it is not
            given (optional)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 0)"""

    def cov(self, ddof: int | None = None) -> Array:
        """Covariance of the columns of a 2-D array.

        Shape: (columns, columns), of an input (rows, columns). dtype: f64. As numpy.cov(rowvar=False, ddof=ddof):
        the mean of products of deviations from the means of columns, with the count less `ddof` as divisor; NaN
        where that is not above 0. A single column gives shape (1, 1). A column with NaN or an infinity has NaN with
        every other. Rows are taken in leaves of 64 around their own means, whose sums are added in twice the
        digits, so that data far from 0 lose nothing. One sweep, c²/2 multiplications for each row of c columns; a
        state of 8 c² bytes, so that 10,000 columns need some GiB and smaller budgets refuse them.

        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 1)"""

    def corr(self) -> Array:
        """Correlation of the columns of a 2-D array.

        Shape: (columns, columns), of an input (rows, columns). dtype: f64. As numpy.corrcoef(rowvar=False):
        Pearson's coefficients, the covariance divided by both standard deviations, from -1 to 1, and exactly 1 of a
        column with itself. NaN for constant columns and for those with NaN or an infinity. A single column gives
        shape (1, 1). Computed as `cov`, at its cost: one sweep, and a state of 8 c² bytes for c columns."""

    def zscore(self, axes: Axes | None = None, ddof: int | None = None, skipna: bool | None = None, fit: Any | None = None, *, axis: Axes | None = None) -> Array:
        """Values less their mean, divided by their standard deviation.

        Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As
        scipy.stats.zscore, over all axes where `axes` is not given: (x - mean) / std in f64, then rounded. A cell
        of constant data is NaN throughout, as is one that holds NaN or an infinity; with `skipna` NaN alone stays
        NaN. With `fit` statistics are those of another array, over the same axes of it. Two sweeps: one folds, one
        writes.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 0)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param fit: the array whose statistics are taken, such as a training set: the name of an input or a step;
            unset: the array itself (optional)"""

    def minmax(self, axes: Axes | None = None, low: float | None = None, high: float | None = None, skipna: bool | None = None, fit: Any | None = None, *, axis: Axes | None = None) -> Array:
        """Values scaled from smallest and largest to a given range.

        Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. (x
        - min) / (max - min) * (high - low) + low in f64, then rounded, over all axes where `axes` is not given;
        differences of 64-bit integers are exact. A cell of constant data has no scale (0 / 0): it is NaN
        throughout, as in zscore. A cell that holds NaN is NaN; with `skipna` NaN alone stays NaN. With `fit`
        statistics are those of another array, over the same axes of it. Two sweeps: one folds, one writes.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param low: what the smallest element becomes (default 0)
        :param high: what the largest element becomes (default 1)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param fit: the array whose statistics are taken, such as a training set: the name of an input or a step;
            unset: the array itself (optional)"""

    def standardize(self, channel: Axes | None = None, mean: float | Sequence[float] | None = None, std: float | Sequence[float] | None = None, scale: float | None = None, ddof: int | None = None, skipna: bool | None = None, fit: Any | None = None) -> Array:
        """Each channel less its mean, divided by its standard deviation.

        Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64.
        With `mean` and `std` as torchvision's Normalize: (x / scale - mean) / std, computed in f64 as (x -
        mean·scale) / (std·scale); one sweep. Without them as scikit-learn's StandardScaler, with the channel as
        feature: the statistics over all other axes, found in a sweep of their own; a constant channel is NaN there
        (scikit-learn divides it by 1), as is one that holds NaN or an infinity; with `skipna` NaN alone stays NaN.
        With `fit` the statistics are those of another array, over the same axes of it.

        :param channel: the axis whose every index has statistics of its own; unset: c where it is named (optional)
        :param mean: the mean of each channel, or one for all; unset: found in the data (optional)
        :param std: the standard deviation of each channel, or one for all; unset: found in the data (optional)
        :param scale: what is 1 where mean and std are given: 255 for 8-bit pictures and statistics of 0…1 (default
            1)
        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 0)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param fit: the array whose statistics are taken, such as a training set: the name of an input or a step;
            unset: the array itself (optional)"""

    def robust(self, axes: Axes | None = None, q_range: float | Sequence[float] | None = None, spread: str | None = None, mad_scale: float | None = None, skipna: bool | None = None, fit: Any | None = None, *, axis: Axes | None = None) -> Array:
        """Values less their median, divided by the range between two quantiles.

        Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. (x
        - median) / (q75 - q25) in f64, then rounded, over all axes where `axes` is not given: what scikit-learn's
        RobustScaler does to columns. With `spread = "mad"` the scale is scipy.stats.median_abs_deviation: the
        median of |x - median|, divided by `mad_scale`. Quantiles are exact, linear between elements. A cell whose
        two quantiles are equal has no scale and gives NaN and infinities, as zscore; a cell that holds NaN is NaN,
        with `skipna` NaN alone stays NaN. With `fit` statistics are those of another array, over the same axes of
        it. As many sweeps as quantile takes, twice over for mad, and one that writes.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param q_range: the two quantiles whose distance is the scale, the smaller first (default [0.25, 0.75])
        :param spread: the scale: the distance of the two quantiles, or the median absolute deviation from the
            median (default iqr)
        :param mad_scale: what the median absolute deviation is divided by; 0.6744897501960817 makes it the standard
            deviation of normal data (default 1)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param fit: the array whose statistics are taken, such as a training set: the name of an input or a step;
            unset: the array itself (optional)"""

    def percentile_rescale(self, axes: Axes | None = None, q: float | Sequence[float] | None = None, low: float | None = None, high: float | None = None, skipna: bool | None = None, fit: Any | None = None, *, axis: Axes | None = None) -> Array:
        """Values stretched from two quantiles to a given range, and held in it.

        Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. (x
        - a) / (b - a) * (high - low) + low in f64, held between low and high, then rounded, where a and b are the
        quantiles of `q`, over all axes where `axes` is not given: scikit-image's rescale_intensity with in_range at
        two percentiles. Quantiles are exact, linear between elements. Where they are equal, what is not above them
        is low and the rest high. A cell that holds NaN is NaN; with `skipna` NaN alone stays NaN. With `fit`
        statistics are those of another array, over the same axes of it. As many sweeps as quantile takes, and one
        that writes.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param q: the quantiles that become low and high, as shares of the elements, the smaller first (default
            [0.01, 0.99])
        :param low: what the smaller quantile becomes (default 0)
        :param high: what the larger quantile becomes (default 1)
        :param skipna: leave NaN out instead of passing it on (default false)
        :param fit: the array whose statistics are taken, such as a training set: the name of an input or a step;
            unset: the array itself (optional)"""

    def equalize_hist(self, axes: Axes | None = None, bins: int | None = None, *, axis: Axes | None = None) -> Array:
        """Values replaced by the share of elements up to them: a flat histogram.

        Shape: the input's. dtype: floats keep theirs, integers up to 16 bits and bool give f32, wider ones f64. As
        skimage.exposure.equalize_hist: the cumulative histogram, as shares of all that is counted, interpolated
        between the centers of bins, in f64, then rounded. Integers up to 16 bits have a bin for each value,
        whatever `bins`: each element becomes the share of elements that are not larger. Without `axes` over the
        whole array, else for each kept cell on its own, with a range of its own. NaN and infinities are not
        counted; NaN stays, and infinities become what the least and the greatest element become. Three sweeps, two
        for integers up to 16 bits.

        :param axes: axes to work over, as numbers or letters; all where it is not given (optional)
        :param bins: how many bins of equal width (default 256)"""

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
        open). Cost: a sorting network over vector lanes up to boxes of 256 elements; beyond that, dtypes of 8 and
        16 bits are counted in a box that moves, where each element costs what enters and leaves, and a selection
        looks at the whole box for each element of the others.

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

    def convolve(self, weights: Any, correlate: bool | None = None, axes: Axes | None = None, mode: str | None = None, cval: float | None = None, method: str | None = None, *, axis: Axes | None = None) -> Array:
        """Weighted sum of the neighbours of each element, with weights from another array.

        Any shape, real dtypes but bool; shape and dtype stay. `weights` is an array of real numbers or bool with
        one axis for each of `axes`, in that order. Defined as scipy.ndimage.convolve, with `correlate = true` as
        scipy.ndimage.correlate (weights are not turned around), with origin 0. Sums are f64 and rounded once to the
        dtype: integers half to even, saturating. What has the weight 0 does not count, be it NaN. `method` is how
        sums are made. `direct`, at most 2^20 weights: products one after the other, in the order of the weights.
        `fft`, at most 2^24: by Fourier transforms of blocks, at a cost that hardly grows with the weights; `auto`
        takes it from 500 weights on. Its error is some 10^-16 of the largest value of a block times the sum of all
        weights without their signs, also where a sum is much smaller; integers are exact where the weights are
        whole and that is below 0.5. NaN and infinities are where the direct sum has them. One pass, and one over
        the weights; a separable filter of the same size (gaussian, uniform) is cheaper.

        :param weights: the name of the input or step that holds the weights (required)
        :param correlate: leave the weights as they are: element i of them weighs the neighbour at i - size // 2
            (default false)
        :param axes: axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D
            array (optional)
        :param mode: values beyond the edge: reflect (d c b a | a b c d | d c b a), mirror (d c b | a b c d | c b
            a), nearest (a a a | a b c d | d d d), wrap (b c d | a b c d | a b c), constant (cval) (default
            "reflect")
        :param cval: the value beyond the edge where mode = "constant"; a value of the array's dtype (default 0.0)
        :param method: how sums are made: product by product, by Fourier transforms, or as suits the number of
            weights (default "auto")"""

    def label(self, connectivity: int | None = None, axes: Axes | None = None, dtype: DTypeLike | None = None, joins_max: int | None = None, *, axis: Axes | None = None) -> Array:
        """Connected components, numbered from 1.

        Shape and axis names: the input's. dtype: i32, or i64. As scipy.ndimage.label: elements other than 0 (NaN
        too) are foreground, and those that touch have one number. Numbers begin at 1, in the order (C order of
        indices) of each component's first element; background is 0. With `axes` elements touch along these alone,
        and each index of the other axes is a frame with numbers of its own, from 1: axes = "yx" of a (t, y, x)
        stack is scipy.ndimage.label of each image. `connectivity` says what touches, as for scipy's
        generate_binary_structure: 1 is faces, 2 edges too, and so on to all corners. All real dtypes, any number of
        axes. Exact, components may be of any form and size. Frames of up to 2^24 elements for which there is memory
        (some 12 bytes for each element) take one sweep, other arrays two. Memory of these: up to 13 bytes for each
        element of a face between what has been read and what has not (a plane of a stack), and 33 for each of
        `joins_max`.

        :param connectivity: elements touch where at most this many of their indices differ, by 1 each (default 1)
        :param axes: axes along which elements touch, as numbers or letters; all where it is not given (optional)
        :param dtype: of the labels, i32 or i64; more components than it holds are an error (default i32)
        :param joins_max: frames are labelled in blocks; how many pieces of components, beyond the first piece of
            each, may be joined across the blocks of one frame; more is an error. Where it is not given, as many as
            there can be, or one for each 64 elements of a frame and 2^18 at least: that follows from the shape
            alone (optional)"""

    def region_properties(self, labels: int | None = None, intensity: Any | None = None, properties: str | Sequence[str] | None = None, axes: Axes | None = None, labels_max: int | None = None, *, axis: Axes | None = None) -> Array:
        """Area, centroid, bounding box and intensities of each labelled region.

        Shape: (labels, columns), f64: a row for each label from 1 on, columns in the order of `properties`, as
        skimage.measure.regionprops_table has them: label; area, the number of elements; centroid, the mean index
        along each axis; bbox, the first index along each axis, then for each axis one past the last; and of the
        elements of `intensity` that belong to the region intensity_sum, _mean, _min, _max and centroid_weighted,
        the mean index weighted by intensity. Without `labels` there are rows up to the largest label; their number
        is then known only after the run, so that no step can take the table. With `axes` each index of the other
        axes has a table of its own, as for images that were labelled one by one: the shape is theirs, then (labels,
        columns), indices are those along `axes`, and `labels` must be given. A label that does not occur has the
        area 0 and NaN elsewhere. Labels are whole numbers of any integer dtype or bool, 0 is background; negative
        ones and those above `labels` are an error that names the index. NaN intensities give NaN. Sums are exact
        and rounded once, whatever the dtypes. One sweep; for each label 8 bytes, 32 for each axis, and with
        intensities 56 (integers, f16), 112 (f32) or 568 (f64), for centroid_weighted as much again for each axis;
        in each tile that waits too.

        :param labels: how many labels there are: the table has rows for 1 to this number; found from the labels
            where it is not given (optional)
        :param intensity: the name of an input or step of the shape of the labels, for the intensity properties
            (optional)
        :param properties: what the columns hold, in their order (default ["label", "area", "centroid", "bbox"])
        :param axes: axes to measure over, as numbers or letters; all where it is not given (optional)
        :param labels_max: the largest label there is room for where `labels` is not given; a larger one is an error
            (default 65536)"""

    def rolling_mean(self, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Mean of a sliding window along one axis.

        The result at i is the mean of the elements i - window + 1 ..= i, as pandas' rolling(window).mean(); with
        center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
        never counts; with fewer than min_count values the result is NaN. Shape and axis names are kept; floats keep
        their dtype, integers up to 16 bits give f32, wider ones f64; bool and complex are refused. Sums are kept in
        twice the precision of f64 and nothing is ever subtracted, so large values, infinities and NaN leave no
        trace once they have left the window. The time per element does not depend on the window. Windows up to 64
        take one sweep, up to 1024 one or two, longer ones two sweeps and three reads of the input, in memory that
        grows with the root of the window.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_max(self, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Maximum of a sliding window along one axis.

        The result at i is the largest of the elements i - window + 1 ..= i, as pandas' rolling(window).max(); with
        center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
        never counts; with fewer than min_count values the result is NaN. -0 is below +0. Shape and axis names are
        kept. Floats keep their dtype; integers keep theirs where min_count is 1 (no result can be missing), else up
        to 16 bits give f32 and wider ones f64; bool and complex are refused. The time per element does not depend
        on the window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three
        reads of the input, in memory that grows with the root of the window.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_min(self, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Minimum of a sliding window along one axis.

        The result at i is the smallest of the elements i - window + 1 ..= i, as pandas' rolling(window).min(); with
        center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
        never counts; with fewer than min_count values the result is NaN. -0 is below +0. Shape and axis names are
        kept. Floats keep their dtype; integers keep theirs where min_count is 1 (no result can be missing), else up
        to 16 bits give f32 and wider ones f64; bool and complex are refused. The time per element does not depend
        on the window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three
        reads of the input, in memory that grows with the root of the window.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_sum(self, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Sum of a sliding window along one axis.

        The result at i is the sum of the elements i - window + 1 ..= i, as pandas' rolling(window).sum(); with
        center, of the window that reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN
        never counts; with fewer than min_count values the result is NaN. Shape and axis names are kept. Floats keep
        their dtype and are summed in twice the precision of f64 and rounded at the end; nothing is ever subtracted,
        so large values, infinities and NaN leave no trace once they have left the window. Where min_count is 1, so
        that no result can be missing, signed integers give i64 and unsigned ones u64, exact, and a sum beyond that
        is an error that names the index; else integers give f64, the exact sum rounded once. bool and complex are
        refused. The time per element does not depend on the window. Windows up to 64 take one sweep, up to 1024 one
        or two, longer ones two sweeps and three reads of the input, in memory that grows with the root of the
        window.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_var(self, window: int | str, min_count: int | None = None, center: bool | None = None, ddof: int | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Variance of a sliding window along one axis.

        The result at i is the variance of the elements i - window + 1 ..= i, as pandas' rolling(window).var():
        squares of deviations are divided by the count less ddof, 1 unless given. With center the window reaches
        (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN never counts; with fewer than
        min_count values, or no more than ddof, the result is NaN, as it is of a window with an infinity. Shape and
        axis names are kept; floats keep their dtype, integers up to 16 bits give f32, wider ones f64 (64-bit ones
        are rounded to f64 first); bool and complex are refused. Means and squares are kept in twice the precision
        of f64 and joined without subtracting what has left (Chan, Golub, LeVeque 1983): a large mean costs no
        digits, constant values give 0, nothing leaves a trace. The time per element does not depend on the window;
        it is several times that of rolling_mean. Windows up to 64 take one sweep, up to 1024 one or two, longer
        ones two sweeps and three reads of the input, in memory that grows with the root of the window.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 1)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_std(self, window: int | str, min_count: int | None = None, center: bool | None = None, ddof: int | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Standard deviation of a sliding window along one axis.

        The result at i is the standard deviation of the elements i - window + 1 ..= i, as pandas'
        rolling(window).std(): squares of deviations are divided by the count less ddof, 1 unless given. With center
        the window reaches (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN never counts;
        with fewer than min_count values, or no more than ddof, the result is NaN, as it is of a window with an
        infinity. Shape and axis names are kept; floats keep their dtype, integers up to 16 bits give f32, wider
        ones f64 (64-bit ones are rounded to f64 first); bool and complex are refused. Means and squares are kept in
        twice the precision of f64 and joined without subtracting what has left (Chan, Golub, LeVeque 1983): a large
        mean costs no digits, constant values give 0, nothing leaves a trace. The time per element does not depend
        on the window; it is several times that of rolling_mean. Windows up to 64 take one sweep, up to 1024 one or
        two, longer ones two sweeps and three reads of the input, in memory that grows with the root of the window.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 1)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_skew(self, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Skewness of a sliding window along one axis.

        The result at i is the skewness of the elements i - window + 1 ..= i, as pandas' rolling(window).skew(): the
        third central moment divided by the second to the power of 3/2, times sqrt(n (n - 1)) / (n - 2), which makes
        it unbiased for normal values. With center the window reaches (window - 1) // 2 beyond i. At the ends of the
        axis windows shrink. NaN never counts; with fewer than min_count values or fewer than 3, with an infinity,
        or where all values are equal, the result is NaN. Shape and axis names are kept; floats keep their dtype,
        integers up to 16 bits give f32, wider ones f64 (64-bit ones are rounded to f64 first); bool and complex are
        refused. Moments are kept in twice the precision of f64 and joined without subtracting what has left (Pebay
        2008): a large mean costs no digits, nothing leaves a trace. The time per element does not depend on the
        window; it is several times that of rolling_mean. Windows up to 64 take one sweep, up to 1024 one or two,
        longer ones two sweeps and three reads of the input, in memory that grows with the root of the window.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_argmax(self, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Place of the maximum of a sliding window along one axis.

        The result at i says where in the elements i - window + 1 ..= i the largest lies, as bottleneck.move_argmax:
        the number of places between it and i, 0 for the last place of the window, window - 1 for the first. With
        center the window reaches (window - 1) // 2 beyond i, and places after i count below 0. Its index along the
        axis is always i less the result. Of equal values the last counts; -0 equals +0. At the ends of the axis
        windows shrink. NaN never counts; with fewer than min_count values the result is NaN. Shape and axis names
        are kept; the dtype is f64; bool and complex are refused. The time per element does not depend on the
        window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three reads of
        the input, in memory that grows with the root of the window.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_argmin(self, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Place of the minimum of a sliding window along one axis.

        The result at i says where in the elements i - window + 1 ..= i the smallest lies, as
        bottleneck.move_argmin: the number of places between it and i, 0 for the last place of the window, window -
        1 for the first. With center the window reaches (window - 1) // 2 beyond i, and places after i count below
        0. Its index along the axis is always i less the result. Of equal values the last counts; -0 equals +0. At
        the ends of the axis windows shrink. NaN never counts; with fewer than min_count values the result is NaN.
        Shape and axis names are kept; the dtype is f64; bool and complex are refused. The time per element does not
        depend on the window. Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and
        three reads of the input, in memory that grows with the root of the window.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_median(self, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Median of a sliding window along one axis.

        The result at i is the median of the elements i - window + 1 ..= i, as pandas' rolling(window).median(): of
        an even number of values the mean of the two in the middle. With center the window reaches (window - 1) // 2
        beyond i. At the ends of the axis windows shrink. NaN never counts; with fewer than min_count values the
        result is NaN. Between a number and an infinity lies the infinity. A zero found is +0. Shape and axis names
        are kept; floats keep their dtype, integers up to 16 bits give f32, wider ones f64; bool and complex are
        refused. Cost and memory are those of rolling_quantile: a window for which the budget has no room is
        refused.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_quantile(self, window: int | str, q: float, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Quantile of a sliding window along one axis.

        The result at i is the quantile q of the elements i - window + 1 ..= i, as pandas'
        rolling(window).quantile(q): of n values in ascending order the one at q (n - 1), and between two of them
        what lies on the line from one to the other (NumPy's method "linear"). With center the window reaches
        (window - 1) // 2 beyond i. At the ends of the axis windows shrink. NaN never counts; with fewer than
        min_count values the result is NaN. Between a number and an infinity lies the infinity. A zero found is +0.
        Shape and axis names are kept; floats keep their dtype, integers up to 16 bits give f32, wider ones f64;
        bool and complex are refused. Cost: every value is sorted two to five times with some thousands or up to two
        windows of others, then steps to the next window take constant time. Memory: the tile's windows, and 20
        bytes for each element of one and a quarter to two windows; a window for which the budget has no room is
        refused.

        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param q: the share of values at or below the result: 0 the smallest, 0.5 the median, 1 the largest
            (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_cov(self, other: Any, window: int | str, min_count: int | None = None, center: bool | None = None, ddof: int | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Covariance of two arrays in a sliding window along one axis.

        The result at i is the covariance of the elements i - window + 1 ..= i of this array and of the other, as
        pandas' rolling(window).cov(other): products of deviations are divided by the count less ddof, 1 unless
        given. The other array has the same shape. A place counts where neither value is NaN; with fewer than
        min_count of them, or no more than ddof, the result is NaN, as it is of a window with an infinity. With
        center the window reaches (window - 1) // 2 beyond i; at the ends of the axis windows shrink; with step
        every so many results are kept. Shape and axis names are kept. Each array counts as its own dtype if that is
        a float, as f32 if it is an integer up to 16 bits, else as f64 (64-bit integers are rounded to f64 first),
        and the result is the wider of the two; bool and complex are refused. Means and products are kept in twice
        the precision of f64 and joined without subtracting what has left: values far from 0 cost no digits, nothing
        leaves a trace. The time per element does not depend on the window; it is about twice that of rolling_var.
        Windows up to 64 take one sweep, up to 1024 one or two, longer ones two sweeps and three reads of both
        inputs, in memory that grows with the root of the window.

        :param other: the array beside the one that the step takes: the name of an input or a step (required)
        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param ddof: delta degrees of freedom: squares are divided by the count less this; NaN where nothing remains
            (default 1)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def rolling_corr(self, other: Any, window: int | str, min_count: int | None = None, center: bool | None = None, step: int | None = None, axes: Axes | None = None, time: Any | None = None, unit: str | None = None, *, axis: Axes | None = None) -> Array:
        """Correlation of two arrays in a sliding window along one axis.

        The result at i is the correlation (Pearson's) of the elements i - window + 1 ..= i of this array and of the
        other, from -1 to 1, as pandas' rolling(window).corr(other). Where the values of one of them are all equal
        it is NaN. The other array has the same shape. A place counts where neither value is NaN; with fewer than
        min_count of them the result is NaN, as it is of a window with an infinity. With center the window reaches
        (window - 1) // 2 beyond i; at the ends of the axis windows shrink; with step every so many results are
        kept. Shape and axis names are kept. Each array counts as its own dtype if that is a float, as f32 if it is
        an integer up to 16 bits, else as f64 (64-bit integers are rounded to f64 first), and the result is the
        wider of the two; bool and complex are refused. Means and products are kept in twice the precision of f64
        and joined without subtracting what has left: values far from 0 cost no digits, nothing leaves a trace. The
        time per element does not depend on the window; it is about twice that of rolling_var. Windows up to 64 take
        one sweep, up to 1024 one or two, longer ones two sweeps and three reads of both inputs, in memory that
        grows with the root of the window.

        :param other: the array beside the one that the step takes: the name of an input or a step (required)
        :param window: elements of a window; it may be longer than the axis; with time how long it lasts ("90s", "1h
            30m") (required)
        :param min_count: values (not NaN, inside the array) below which a result is NaN; at most the window; unset:
            the window, with time 1 (optional)
        :param center: whether a window lies around its index, reaching (window - 1) // 2 beyond it, and not before
            it (default false)
        :param step: every so many results are kept, from the first on, as [::step] of all would (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)"""

    def resample(self, stat: str | None = None, count: int | None = None, time: Any | None = None, every: str | None = None, unit: str | None = None, origin: str | None = None, min_count: int | None = None, ddof: int | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """One value for every so many rows, or for every stretch of a column of time.

        Along one axis, `count` elements, or those whose `time` lies in the same stretch of `every`, become one;
        shape and axis names are otherwise kept. As pandas' resample(every).mean() and so on, with buckets that
        contain their left edge, from the one of the first time to that of the last; empty ones are there. `time` is
        an input (1-D, as long as the axis): integers or floats in `unit`, never descending; rows whose time is
        missing (NaN, NaT) are left out. It is looked at before the plan, once. NaN never counts; with fewer than
        min_count values a result is NaN. std and var divide by the count less ddof; ohlc gives first, max, min and
        last along a new last axis; time gives where buckets begin (1-D, in the dtype of time). dtype: floats keep
        theirs, integers up to 16 bits and bool give f32, wider ones f64, sums of integers f64, count i64; complex
        is refused. Buckets may be of any size. One sweep; medians of buckets that memory has no room for take one
        for each digit of the values.

        :param stat: what is computed of a bucket (default mean)
        :param count: elements of a bucket; the last one may have fewer (optional)
        :param time: the input that has the time of each index along the axis (1-D, never descending) (optional)
        :param every: how long a bucket is: "500ms", "90s", "1h 30m", "1d", or a number of units of time (optional)
        :param unit: what time counts; unset: ns for integers (as time stamps of CSV are), s for floats (optional)
        :param origin: where buckets are counted from: midnight (UTC) before the first time, 1970, or the first time
            itself (default start_day)
        :param min_count: values below which a result is NaN; unset: 0 for sum and count, else 1 (optional)
        :param ddof: delta degrees of freedom of std and var (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

    def cumsum(self, axes: Axes | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Running sum along one axis.

        The result at i is the sum of the elements 0 ..= i along the axis, as numpy.cumsum. Shape and axis names are
        kept. Signed integers and bool give i64, unsigned ones u64, exact, and a sum beyond that is an error that
        names the index; floats keep their dtype and are summed in twice the precision of f64 and rounded at the
        end; complex is refused. NaN propagates: all that follows is NaN. With skipna a NaN stays in its place and
        the sum goes on after it, as in pandas. One sweep; tiles pass their carry along the axis in order.

        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param skipna: whether the sum goes on after a NaN (default false)"""

    def cumprod(self, axes: Axes | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Running product along one axis.

        The result at i is the product of the elements 0 ..= i along the axis, as numpy.cumprod. Shape and axis
        names are kept. Signed integers and bool give i64, unsigned ones u64, exact, and a product beyond that is an
        error that names the index. Floats keep their dtype; they are multiplied in twice the precision of f64 with
        an unbounded exponent and rounded at the end, so that what was too large or too small on the way does not
        matter: 1e200, 1e200, 1e-300 give 1e200, inf, 1e100. A zero times an infinity is NaN, wherever they stand.
        Complex is refused. NaN propagates: all that follows is NaN. With skipna a NaN stays in its place and the
        product goes on after it, as in pandas. One sweep; tiles pass their carry along the axis in order.

        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param skipna: whether the product goes on after a NaN (default false)"""

    def cummax(self, axes: Axes | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Largest value so far along one axis.

        The result at i is the largest of the elements 0 ..= i along the axis, as numpy.maximum.accumulate. Shape,
        dtype and axis names are kept; complex is refused. -0 is below +0. NaN propagates: all that follows is NaN.
        With skipna a NaN stays in its place and the next result goes on without it, as in pandas. One sweep; tiles
        pass their carry along the axis in order.

        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param skipna: whether a NaN stays where it is, and the next result goes on without it (default false)"""

    def cummin(self, axes: Axes | None = None, skipna: bool | None = None, *, axis: Axes | None = None) -> Array:
        """Smallest value so far along one axis.

        The result at i is the smallest of the elements 0 ..= i along the axis, as numpy.minimum.accumulate. Shape,
        dtype and axis names are kept; complex is refused. -0 is below +0. NaN propagates: all that follows is NaN.
        With skipna a NaN stays in its place and the next result goes on without it, as in pandas. One sweep; tiles
        pass their carry along the axis in order.

        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param skipna: whether a NaN stays where it is, and the next result goes on without it (default false)"""

    def ffill(self, axes: Axes | None = None, limit: int | None = None, *, axis: Axes | None = None) -> Array:
        """Missing values filled with the last value before them along one axis.

        A NaN becomes the last element before it along the axis that is not NaN, as in pandas' DataFrame.ffill; with
        a limit, at most so many in a row, the nearest to that element. What has no value before it stays NaN.
        Shape, dtype and axis names are kept; integers and bool, which have no NaN, pass unchanged; complex is
        refused. One sweep; tiles pass their carry along the axis in order.

        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param limit: how many NaN in a row are filled from one value; unset: all (optional)"""

    def bfill(self, axes: Axes | None = None, limit: int | None = None, *, axis: Axes | None = None) -> Array:
        """Missing values filled with the next value after them along one axis.

        A NaN becomes the next element after it along the axis that is not NaN, as in pandas' DataFrame.bfill; with
        a limit, at most so many in a row, the nearest to that element. What has no value after it stays NaN. Shape,
        dtype and axis names are kept; integers and bool, which have no NaN, pass unchanged; complex is refused. One
        sweep; tiles pass their carry along the axis from the last to the first.

        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param limit: how many NaN in a row are filled from one value; unset: all (optional)"""

    def interpolate(self, axes: Axes | None = None, limit: int | None = None, limit_direction: str | None = None, *, axis: Axes | None = None) -> Array:
        """Missing values filled on the line between their neighbours along one axis.

        A NaN becomes the value at its index of the straight line from the last element before it to the next one
        after it that are not NaN, as in pandas' DataFrame.interpolate with method="linear": elements stand at equal
        distances. Before the first value of a line and after the last one, that value is repeated where
        limit_direction leads there: "forward" fills no gap at the beginning, "backward" none at the end. With a
        limit, at most so many in a row are filled, counted from the values before (forward), after (backward), or
        from either (both). Computed in f64 and rounded to the dtype. Shape, dtype and axis names are kept; integers
        and bool, which have no NaN, pass unchanged; complex is refused. Two sweeps; tiles of the second pass their
        carry along the axis in order.

        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)
        :param limit: how many NaN in a row are filled from one value; unset: all (optional)
        :param limit_direction: from which neighbour the limit counts, and at which end of a line a gap is filled
            (default "forward")"""

    def ewm_mean(self, alpha: float | None = None, com: float | None = None, span: float | None = None, halflife: float | None = None, adjust: bool | None = None, ignore_na: bool | None = None, min_count: int | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """Exponentially weighted mean along one axis.

        The result at i is the weighted mean of the elements 0 ..= i, as pandas' ewm(…).mean(): the weight of an
        element falls by 1 - alpha from place to place, and one of alpha, com, span and halflife says how fast. With
        adjust weights are divided by their sum; without it the result is the recursion y = (1 - alpha) y + alpha x
        that begins with the first value. NaN never counts, and weights fall over its place unless ignore_na is set;
        between values the last result stays. With fewer than min_count values so far the result is NaN. An infinity
        stays in all later results; after both it is NaN. Shape and axis names are kept; floats keep their dtype,
        integers up to 16 bits and bool give f32, wider ones f64 (64-bit ones are rounded to f64 first); complex is
        refused. The mean is kept in two parts, so that values far from 0 keep their digits, and constant values are
        themselves. One sweep; tiles pass their carry along the axis in order.

        :param alpha: the share of a new value, above 0; give this or one of com, span, halflife (optional)
        :param com: centre of mass in places: alpha = 1 / (1 + com) (optional)
        :param span: span in places: alpha = 2 / (span + 1) (optional)
        :param halflife: places after which a weight is half of what it was: alpha = 1 - 0.5^(1 / halflife)
            (optional)
        :param adjust: whether weights are divided by their sum; false: y = (1 - alpha) y + alpha x from the first
            value on (default true)
        :param ignore_na: whether the place of a NaN does not count either, so that weights follow from the values
            alone (default false)
        :param min_count: values (not NaN) so far below which a result is NaN (default 1)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

    def ewm_var(self, alpha: float | None = None, com: float | None = None, span: float | None = None, halflife: float | None = None, adjust: bool | None = None, ignore_na: bool | None = None, min_count: int | None = None, bias: bool | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """Exponentially weighted variance along one axis.

        The result at i is the weighted variance of the elements 0 ..= i, as pandas' ewm(…).var(): squares of
        deviations from the weighted mean are weighted as the mean is, and divided by 1 less the sum of the squared
        shares unless bias is set: so a single value gives NaN, or 0 with bias. The weight of an element falls by 1
        - alpha from place to place, and one of alpha, com, span and halflife says how fast; adjust, ignore_na and
        min_count are those of ewm_mean. NaN never counts; the result is NaN from an infinity on. Shape and axis
        names are kept; floats keep their dtype, integers up to 16 bits and bool give f32, wider ones f64 (64-bit
        ones are rounded to f64 first); complex is refused. Nothing is subtracted but values from means: values far
        from 0 keep their digits, and constant values give 0. One sweep; tiles pass their carry along the axis in
        order.

        :param alpha: the share of a new value, above 0; give this or one of com, span, halflife (optional)
        :param com: centre of mass in places: alpha = 1 / (1 + com) (optional)
        :param span: span in places: alpha = 2 / (span + 1) (optional)
        :param halflife: places after which a weight is half of what it was: alpha = 1 - 0.5^(1 / halflife)
            (optional)
        :param adjust: whether weights are divided by their sum; false: y = (1 - alpha) y + alpha x from the first
            value on (default true)
        :param ignore_na: whether the place of a NaN does not count either, so that weights follow from the values
            alone (default false)
        :param min_count: values (not NaN) so far below which a result is NaN (default 1)
        :param bias: whether the weighted mean of squares is left as it is; false: divided by what remains of 1 when
            the sum of squared shares is taken away (default false)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

    def ewm_std(self, alpha: float | None = None, com: float | None = None, span: float | None = None, halflife: float | None = None, adjust: bool | None = None, ignore_na: bool | None = None, min_count: int | None = None, bias: bool | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """Exponentially weighted standard deviation along one axis.

        The result at i is the weighted standard deviation of the elements 0 ..= i, as pandas' ewm(…).std(): squares
        of deviations from the weighted mean are weighted as the mean is, and divided by 1 less the sum of the
        squared shares unless bias is set: so a single value gives NaN, or 0 with bias. The weight of an element
        falls by 1 - alpha from place to place, and one of alpha, com, span and halflife says how fast; adjust,
        ignore_na and min_count are those of ewm_mean. NaN never counts; the result is NaN from an infinity on.
        Shape and axis names are kept; floats keep their dtype, integers up to 16 bits and bool give f32, wider ones
        f64 (64-bit ones are rounded to f64 first); complex is refused. Nothing is subtracted but values from means:
        values far from 0 keep their digits, and constant values give 0. One sweep; tiles pass their carry along the
        axis in order.

        :param alpha: the share of a new value, above 0; give this or one of com, span, halflife (optional)
        :param com: centre of mass in places: alpha = 1 / (1 + com) (optional)
        :param span: span in places: alpha = 2 / (span + 1) (optional)
        :param halflife: places after which a weight is half of what it was: alpha = 1 - 0.5^(1 / halflife)
            (optional)
        :param adjust: whether weights are divided by their sum; false: y = (1 - alpha) y + alpha x from the first
            value on (default true)
        :param ignore_na: whether the place of a NaN does not count either, so that weights follow from the values
            alone (default false)
        :param min_count: values (not NaN) so far below which a result is NaN (default 1)
        :param bias: whether the weighted mean of squares is left as it is; false: divided by what remains of 1 when
            the sum of squared shares is taken away (default false)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

    def savgol(self, window_length: int, polyorder: int, deriv: int | None = None, delta: float | None = None, mode: str | None = None, cval: float | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """Polynomials fitted to sliding windows along one axis (Savitzky-Golay).

        The result at i is the value at i of the polynomial of degree polyorder that fits the window_length elements
        around i best, or its derivative, as scipy.signal.savgol_filter. With mode = "interp" the results of half a
        window at each end are those of the polynomial through the first or last whole window; the other modes make
        up values beyond the ends. Shape and axis names are kept; floats keep their dtype, integers up to 16 bits
        and bool give f32, wider ones f64 (64-bit ones are rounded to f64 first); complex is refused. Computed in
        f64, rounded once. NaN and infinities spoil the results whose windows they are in. One pass; its time grows
        with the window, and a tile reads a window less one element beyond each side, half of that where mode is not
        "interp".

        :param window_length: elements of a window, an odd number; with mode = "interp" at most those along the axis
            (required)
        :param polyorder: degree of the polynomials, less than window_length (required)
        :param deriv: which derivative of the polynomials is taken; 0: their values (default 0)
        :param delta: distance between elements, for derivatives: they are divided by delta to the power of deriv
            (default 1.0)
        :param mode: what the ends of the axis do (default "interp")
        :param cval: the value beyond the ends where mode = "constant"; a value of the array's dtype (default 0.0)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

    def butterworth(self, order: int, cutoff: float | Sequence[float], btype: str | None = None, sample_rate: float | None = None, zero_phase: bool | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """Low-pass, high-pass, band-pass or band-stop filter along one axis.

        A Butterworth filter along one axis, as second-order sections: forward from rest, as scipy.signal.sosfilt of
        butter(order, cutoff, btype, fs=sample_rate, output="sos"), or with zero_phase forward and backward, as
        sosfiltfilt with its odd extension: 3 * (order + 1) values beyond each end, 3 * (2 * order + 1) of the two
        band filters, and the axis must be longer than that. Half of the power passes at a cutoff, a quarter with
        zero_phase. Shape and axis names are kept; floats keep their dtype, integers up to 16 bits and bool give
        f32, wider ones f64 (64-bit ones are rounded to f64 first); complex is refused. Filters run in f64 and are
        rounded at the end. A NaN or an infinity spoils all that follows on its line, with zero_phase all of it.
        Forward is one sweep; tiles pass their carry along the axis in order. zero_phase takes two sweeps, one of
        them backward, with an array of f64 between, and what an earlier step makes is kept first.

        :param order: the order; band filters have twice as many poles (required)
        :param cutoff: the frequency at which half of the power passes, two for band filters; in units of
            sample_rate, below its half (required)
        :param btype: what passes (default "lowpass")
        :param sample_rate: samples for each unit of time: with samples per second cutoff is in Hz, with 1 in cycles
            per sample (default 1.0)
        :param zero_phase: whether the filter runs backward over its own result, too, so that nothing is delayed
            (default false)
        :param axes: the one axis to work along; unset: t where named, else the axis of a 1-D array (optional)"""

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
        reversed. One pass, whose tiles are shaped so that runs are long in both arrays; or two, over a temporary
        file of the size of the array, in which the input's fastest axis is cut into blocks. Runs are long in both
        of these in a tile that is many times smaller, which pays where files do not fit the page cache.

        :param axes: every axis of the input once, in the order of the result ("nchw", [0, 3, 1, 2]); unset:
            reversed (optional)"""

    def reshape(self, shape: int | Sequence[int]) -> Array:
        """The same elements in C order, in another shape.

        Any dtype, complex ones too; the result has the same elements, bit for bit. As numpy.reshape in C order: the
        last axis runs fastest in both shapes, and one extent may be -1, which is what remains. Axes that stay as
        they are keep their names. One pass. Axes are paired in the smallest groups that hold the same elements, and
        tiles are whole along the faster axes of a group. Where neither side's faster extents divide the other's, as
        in [4, 6] to [6, 4], a tile reads up to one more row of the input at either end.

        :param shape: the extents of the result; -1 once for what remains (required)"""

    def shuffle(self, seed: int | None = None, axes: Axes | None = None, *, axis: Axes | None = None) -> Array:
        """Records in a random order that follows from a seed.

        Shape, dtype and axis names of the input; any dtype, bit for bit. A record is everything with one index
        along `axis`; each comes out once. The order follows from the seed and the number of records alone, so that
        samples and their labels, shuffled in two steps with one seed, stay together. It is the order of a Feistel
        network over SplitMix64 and is computed where it is needed, so that nothing of the size of an index is held.
        Records of 64 KiB and more take one sweep; smaller ones two, over a temporary file of the size of the array,
        in memory that grows with the root of that size.

        :param seed: another number, another order (default 0)
        :param axes: the one axis that counts records, as a number or a letter (default 0)"""

    def random(self, distribution: str | None = None, seed: int | None = None, low: float | None = None, high: float | None = None, mean: float | None = None, std: float | None = None) -> Array:
        """Random numbers in the shape of an array, each by its index and a seed.

        Shape and axis names of the input, whose elements are not read. dtype: floats keep theirs, integers up to 16
        bits and bool give f32, wider ones f64; complex is refused. Element i in C order comes from output i of
        SplitMix64 begun with the seed: `uniform` takes its highest bits (53 for f64, 24 for f32, 11 for f16, 8 for
        bf16) as a number from 0 on and below 1 and scales it from `low` to `high`; `normal` takes the quantile
        (Wichura's AS 241) of the middle of one of 2^53 equal parts. For noise: `expr` adds it, times what is
        wanted. One sweep that reads nothing.

        :param distribution: uniform between low and high, or normal with mean and std (default uniform)
        :param seed: another number, other values (default 0)
        :param low: least value (uniform) (default 0)
        :param high: upper end, not reached (uniform) (default 1)
        :param mean: mean (normal) (default 0)
        :param std: standard deviation (normal) (default 1)"""
