//! Typed windows on bytes that somebody else owns.
//!
//! A [`View`] is what a kernel reads: a strided box whose last axis is contiguous. A [`ViewMut`] is
//! what it writes: always dense and in C order, so that a kernel's loops stay simple; whoever runs
//! the kernel arranges for that.

use super::{DType, Element, Region, checked_elements, contiguous_strides, row_starts};

/// A read-only box of one array. The last axis has stride 1 (or extent 1).
#[derive(Clone, Debug)]
pub struct View<'a> {
    dtype: DType,
    bytes: &'a [u8],
    shape: Vec<u64>,
    strides: Vec<usize>,
    start: Vec<i64>,
}

impl<'a> View<'a> {
    /// A box over `bytes`, which begin with its first element, are aligned for `dtype`, and reach
    /// to its last. `start` is the index in the array of the first element; it is negative where a
    /// border was filled. `strides` are in elements.
    pub fn new(dtype: DType, bytes: &'a [u8], shape: &[u64], strides: &[usize], start: &[i64]) -> View<'a> {
        debug_assert_eq!(shape.len(), strides.len());
        debug_assert_eq!(shape.len(), start.len());
        View { dtype, bytes, shape: shape.to_vec(), strides: strides.to_vec(), start: start.to_vec() }
    }

    /// A dense C-order box.
    pub fn dense(dtype: DType, bytes: &'a [u8], region: &Region) -> View<'a> {
        let shape = region.shape();
        let start: Vec<i64> = region.start.iter().map(|s| *s as i64).collect();
        View::new(dtype, bytes, &shape, &contiguous_strides(&shape), &start)
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Extents of the box, borders included.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Strides in elements.
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// Index in the array of the first element; negative inside a filled border.
    pub fn start(&self) -> &[i64] {
        &self.start
    }

    /// The number of elements.
    pub fn elements(&self) -> usize {
        checked_elements(&self.shape).map_or(usize::MAX, |n| n as usize)
    }

    /// All bytes from the first element on; elements of other boxes may lie between its rows.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The elements from the first one on, strided. `T` must be the view's dtype.
    pub fn data<T: Element>(&self) -> &'a [T] {
        assert_eq!(T::DTYPE, self.dtype, "a kernel asked for the wrong element type");
        let size = size_of::<T>();
        bytemuck::cast_slice(&self.bytes[..self.bytes.len() / size * size])
    }

    /// The elements as one slice, where the box is dense in C order.
    pub fn dense_data<T: Element>(&self) -> Option<&'a [T]> {
        let n = self.elements();
        if n == 0 {
            return Some(&[]);
        }
        let mut want = 1usize;
        for a in (0..self.shape.len()).rev() {
            if self.shape[a] != 1 && self.strides[a] != want {
                return None;
            }
            want *= self.shape[a] as usize;
        }
        Some(&self.data::<T>()[..n])
    }

    /// The rows along the last axis, in C order of the other axes.
    pub fn rows<T: Element>(&self) -> impl Iterator<Item = &'a [T]> + use<'a, T> {
        let data = self.data::<T>();
        let n = self.shape.last().map_or(1, |n| *n as usize);
        row_starts(&self.shape, &self.strides).map(move |at| &data[at..at + n])
    }

    /// The box at `region` (in the array's own indices), sharing the bytes.
    pub fn sub(&self, start: &[i64], shape: &[u64]) -> View<'a> {
        let skip: usize =
            start.iter().zip(&self.start).zip(&self.strides).map(|((s, o), stride)| (s - o) as usize * stride).sum();
        let empty = shape.contains(&0);
        let bytes = if empty { &self.bytes[..0] } else { &self.bytes[skip * self.dtype.size()..] };
        View { dtype: self.dtype, bytes, shape: shape.to_vec(), strides: self.strides.clone(), start: start.to_vec() }
    }
}

/// A writable, dense, C-order box of one array.
#[derive(Debug)]
pub struct ViewMut<'a> {
    dtype: DType,
    bytes: &'a mut [u8],
    region: Region,
    kept: Option<u64>,
}

impl<'a> ViewMut<'a> {
    /// A dense box over exactly `region.elements()` elements, aligned for `dtype`.
    pub fn new(dtype: DType, bytes: &'a mut [u8], region: Region) -> ViewMut<'a> {
        debug_assert_eq!(bytes.len() as u64, region.elements() * dtype.size() as u64);
        ViewMut { dtype, bytes, region, kept: None }
    }

    /// Says that the array ends after `extent` indices of its first axis, where its shape gives a bound alone. What
    /// lies behind is lost.
    pub fn keep(&mut self, extent: u64) {
        self.kept = Some(extent);
    }

    /// What [`ViewMut::keep`] said, if anything.
    pub fn kept(&self) -> Option<u64> {
        self.kept
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Where in its array the box lies.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The extents.
    pub fn shape(&self) -> Vec<u64> {
        self.region.shape()
    }

    /// All elements in C order. `T` must be the view's dtype.
    pub fn data<T: Element>(&mut self) -> &mut [T] {
        assert_eq!(T::DTYPE, self.dtype, "a kernel asked for the wrong element type");
        bytemuck::cast_slice_mut(self.bytes)
    }

    /// All bytes.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.bytes
    }
}
