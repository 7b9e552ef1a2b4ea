//! How a stored array lies: the plain data that a planner may know of a file.

use super::{ArraySpec, Endian, Order, Shape};

/// Facts of one stored array.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The array; its `order` is the storage order.
    pub spec: ArraySpec,
    /// Where the data begins in the file, in bytes.
    pub offset: u64,
    /// Byte order of the elements.
    pub endian: Endian,
    /// `None` for a mapped file; else how its elements are made.
    pub decoded: Option<Decoded>,
}

/// What is known of a source whose elements are not in the file as they are in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The smallest box that is decoded at once: tiles that cut it decode it again.
    pub smallest: Shape,
    pub form: Form,
    /// The columns of a table that the array is made of, in its order; empty for pictures.
    pub columns: Vec<String>,
    /// Bytes of all files.
    pub file_bytes: u64,
    /// Bytes of the temporary file that a compressed source was unpacked into.
    pub unpacked_bytes: Option<u64>,
}

/// What a decoded source is in its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Pictures, decoded frame by frame.
    Frames,
    /// Text, parsed row by row.
    Text,
    /// Elements of an array in memory that lie apart, gathered one by one.
    Strided,
}

impl Facts {
    /// Whether tiles are read in place: mapped, in native byte order, aligned for the dtype, with
    /// the last axis contiguous. Everything else is decoded into scratch.
    pub fn in_place(&self) -> bool {
        self.decoded.is_none()
            && (self.endian == Endian::NATIVE || self.spec.dtype.swap_unit() == 1)
            && self.offset.is_multiple_of(self.spec.dtype.swap_unit().max(1) as u64)
            && (self.spec.order == Order::C || self.spec.shape.iter().filter(|n| **n > 1).count() <= 1)
    }

    /// Strides in elements, in storage order.
    pub fn strides(&self) -> Vec<u64> {
        let shape = &self.spec.shape;
        let mut strides = vec![1u64; shape.len()];
        match self.spec.order {
            Order::C => {
                (1..shape.len()).rev().for_each(|a| strides[a - 1] = strides[a].saturating_mul(shape[a].max(1)))
            }
            Order::F => (1..shape.len()).for_each(|a| strides[a] = strides[a - 1].saturating_mul(shape[a - 1].max(1))),
        }
        strides
    }
}
