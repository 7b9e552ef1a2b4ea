//! An array in blocks of rows, for commands that stream without a plan.

use crate::array::Region;

/// Bytes of a block, about.
const BLOCK_BYTES: u64 = 1 << 20;

/// Boxes that cover a shape in C order, each of about a mebibyte of elements of `size` bytes, with
/// the C-order index of its first element.
pub fn blocks(shape: &[u64], size: u64) -> impl Iterator<Item = (Region, u64)> {
    // The slowest axis along which at least one whole box of the faster axes fits a block.
    let inner = |axis: usize| shape[axis + 1..].iter().fold(1u64, |n, e| n.saturating_mul(*e)).max(1);
    let axis = (0..shape.len()).find(|&a| inner(a).saturating_mul(size) <= BLOCK_BYTES);
    let axis = axis.unwrap_or(shape.len().saturating_sub(1));
    let (extent, below) = if shape.is_empty() { (1, 1) } else { (shape[axis], inner(axis)) };
    let step = (BLOCK_BYTES / (below.saturating_mul(size)).max(1)).max(1);
    let outer: u64 = if shape.contains(&0) { 0 } else { shape[..axis.min(shape.len())].iter().product() };
    let shape = shape.to_vec();
    (0..outer).flat_map(move |o| {
        let shape = shape.clone();
        (0..extent).step_by(step as usize).map(move |at| {
            let mut region = Region::full(&shape);
            let mut rest = o;
            for a in (0..axis).rev() {
                region.start[a] = rest % shape[a];
                region.end[a] = region.start[a] + 1;
                rest /= shape[a];
            }
            if !shape.is_empty() {
                (region.start[axis], region.end[axis]) = (at, (at + step).min(extent));
            }
            (region, (o * extent + at) * below)
        })
    })
}
