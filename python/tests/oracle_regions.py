"""References of regions: scipy.ndimage, skimage.measure where it is there. Part of `test_oracle.py`."""

import numpy as np
from hypothesis import strategies as st
from scipy import ndimage

import tilewise as tw


def some_of(data, dtypes, max_dims=4, max_side=12):
    """An array of which a part is 0."""
    shape = data.draw(st.lists(st.integers(0, max_side), min_size=1, max_size=max_dims))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = rng.integers(1, 100, shape) * (rng.random(shape) < data.draw(st.sampled_from([0.1, 0.3, 0.6, 0.9])))
    return np.asarray(x).astype(data.draw(st.sampled_from(dtypes)), order=data.draw(st.sampled_from("CF")))


def label(data):
    x = some_of(data, ["?", "u1", ">i2", "i8", "f2", "f4", "f8"])
    if x.dtype.kind == "f" and x.size:
        x[(0,) * x.ndim] = data.draw(st.sampled_from([np.nan, -0.0, 1.0]))
    connectivity = data.draw(st.integers(1, x.ndim))
    want, _ = ndimage.label(x != 0, ndimage.generate_binary_structure(x.ndim, connectivity))
    got = tw.asarray(x).label(connectivity=connectivity).compute()
    assert got.dtype == np.int32
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(tw.asarray(x).label(dtype="int64").compute(), ndimage.label(x != 0)[0])
    # Along some axes: each index of the others by itself.
    axes = sorted(data.draw(st.sets(st.integers(0, x.ndim - 1), min_size=1)))
    connectivity = data.draw(st.integers(1, len(axes)))
    structure = ndimage.generate_binary_structure(len(axes), connectivity)
    want = np.zeros(x.shape, "i4")
    front = list(range(x.ndim - len(axes), x.ndim))
    frames, labels = np.moveaxis(x, axes, front), np.moveaxis(want, axes, front)
    for index in np.ndindex(frames.shape[: x.ndim - len(axes)]):
        labels[index] = ndimage.label(frames[index] != 0, structure)[0]
    got = tw.asarray(x).label(axes=axes, connectivity=connectivity).compute()
    np.testing.assert_array_equal(got, want)


def region_properties(data):
    x = some_of(data, ["?", "u1", "i4", "i8"], max_dims=3)
    y = (np.random.default_rng(x.size).random(x.shape) * 100).astype(data.draw(st.sampled_from(["f4", "f8", "u2"])))
    words = ["label", "area", "centroid", "bbox", "intensity_sum", "intensity_mean", "intensity_min", "intensity_max"]
    got = tw.asarray(x).region_properties(100, intensity=y, properties=words).compute()
    assert got.shape == (100, 6 + 3 * x.ndim)
    x, which = x.astype("i8"), np.arange(1, 101)
    area = np.bincount(x.ravel(), minlength=101)[1:]
    np.testing.assert_array_equal(got[:, :2], np.stack([which, area], 1))
    there, absent = area > 0, area == 0
    assert np.isnan(got[absent][:, 2:]).all()
    which, got = which[there], got[there]
    if which.size == 0:
        return
    centres = ndimage.center_of_mass(np.ones(x.shape), x, which)
    np.testing.assert_allclose(got[:, 2 : 2 + x.ndim], centres, rtol=1e-12, atol=1e-12)
    boxes = [box for box in ndimage.find_objects(x) if box is not None]
    ends = [[s.start for s in box] + [s.stop for s in box] for box in boxes]
    np.testing.assert_array_equal(got[:, 2 + x.ndim : 2 + 3 * x.ndim], ends)
    functions = [ndimage.sum_labels, ndimage.mean, ndimage.minimum, ndimage.maximum]
    want = np.stack([f(y.astype("f8"), x, which) for f in functions], 1)
    np.testing.assert_allclose(got[:, 2 + 3 * x.ndim :], want, rtol=1e-12)
    plain = tw.asarray(x).region_properties(100).compute()
    np.testing.assert_array_equal(plain[there], got[:, : 2 + 3 * x.ndim])
    # Their number found from them, and a table for each index of the first axis.
    np.testing.assert_array_equal(tw.asarray(x).region_properties().compute(), plain[: x.max()])
    if x.ndim > 1:
        each = tw.asarray(x).region_properties(100, axes=list(range(1, x.ndim))).compute()
        alone = [tw.asarray(frame).region_properties(100).compute() for frame in x]
        np.testing.assert_array_equal(each, np.stack(alone) if alone else each)
    check_weighted(x, y)


def check_weighted(x, y):
    """The weighted centroid, against its definition and scikit-image's."""
    got = tw.asarray(x).region_properties(intensity=y, properties=["label", "area", "centroid_weighted"]).compute()
    got = got[got[:, 1] > 0]
    rows = []
    for label in np.unique(x[x > 0]):
        weights = np.where(x == label, y, 0).astype("f8")
        rows.append([(weights * i).sum() / weights.sum() for i in np.indices(x.shape)] if weights.any() else [np.nan] * x.ndim)
    np.testing.assert_allclose(got[:, 2:], rows, rtol=1e-11, atol=1e-11)
    if x.ndim < 2 or not (y > 0).all():
        return
    try:
        from skimage import measure
    except ImportError:
        return
    table = measure.regionprops_table(x, y.astype("f8"), ["label", "centroid_weighted"])
    np.testing.assert_allclose(got[:, [0, *range(2, 2 + x.ndim)]], np.stack(list(table.values()), 1), rtol=1e-9)


REFERENCES = {"label": label, "region_properties": region_properties}
