//! What an array is: element types, shapes, regions, order, axis names, borders and typed views.
//!
//! Owns the words every other layer speaks. Refuses to know files, threads, kernels or memory
//! budgets: everything here is plain data or arithmetic on indices.

mod border;
mod columns;
mod convert;
mod dtype;
mod element;
mod facts;
mod io;
mod nearest;
mod region;
mod slice;
mod spec;
mod view;

pub use border::{Edge, EdgeMode, copy_with_border};
pub use columns::{Column, Columns};
pub use convert::{read_f64, round_to_odd, write_f64};
pub use dtype::{DType, Endian};
pub use element::{Bool, Element};
pub use facts::{Decoded, Facts, Form};
pub use io::{IO_BLOCK_BYTES, IoChoice, IoWay, OutputIo};
pub use nearest::nearest;
pub use region::{Region, Shape, checked_elements, contiguous_strides, row_starts};
pub use slice::{SliceIndex, Taken};
pub use spec::{ArraySpec, AxisError, Broadcast, Order, broadcast_axes, parse_axis_names};
pub use view::{View, ViewMut};
