//! `transpose`: the same elements with axes in another order.
//!
//! Owns the permutation and the walk that moves a tile. Refuses to know what elements are: they are
//! bytes that travel together.

use crate::array::{ArraySpec, Region, View, ViewMut, contiguous_strides, row_starts};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params,
    Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize, Variant, Work, Write,
};

/// Elements along each side of the squares that are moved at once: their lines of cache, of both
/// arrays, are used up before others push them out.
const SQUARE: usize = 32;

pub const INFO: KernelInfo = KernelInfo {
    name: "transpose",
    family: Family::Dataset,
    summary: "axes in another order",
    doc: "Any shape and dtype, complex ones too; the result has the same elements, bit for bit, and each axis keeps \
          its name. As numpy.transpose: axis i of the result is axis axes[i] of the input; without `axes` the order is \
          reversed. One pass; tiles are shaped so that runs are long in both arrays.",
    params: &[ParamInfo {
        name: "axes",
        kind: Kind::Axes,
        default: Some(""),
        doc: "every axis of the input once, in the order of the result (\"nchw\", [0, 3, 1, 2]); unset: reversed",
    }],
    example: "[[step]]\nkernel = \"transpose\"\naxes = \"xy\"",
    parse: |params| Ok(Box::new(Transpose(params.clone()))),
};

#[derive(Debug)]
struct Transpose(Params);

impl Kernel for Transpose {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("transpose takes one array, {} were given", inputs.len())));
        };
        let rank = input.rank();
        let axes = self.0.axes(input)?.unwrap_or_else(|| (0..rank).rev().collect());
        if axes.len() != rank {
            let missing: Vec<String> = (0..rank).filter(|a| !axes.contains(a)).map(|a| input.axis_label(a)).collect();
            let message = format!("axes names {} of the array's {rank} axes", axes.len());
            return Err(BindError::param("axes", message).help(format!("say where {} goes", missing.join(", "))));
        }
        let mut result = input.as_dtype(input.dtype);
        for (i, a) in axes.iter().enumerate() {
            (result.shape[i], result.axes[i]) = (input.shape[*a], input.axes[*a]);
        }
        // The axis of the result that each axis of the input became.
        let mut follow = vec![AxisMap::All; rank];
        axes.iter().enumerate().for_each(|(axis, a)| follow[*a] = AxisMap::Follow { axis, before: 0, after: 0 });
        let contract = Contract {
            domain: result.shape.clone(),
            anchor: vec![1; rank],
            order: Order::Any,
            reads: vec![Read { source: Source::Input(0), access: Access { axes: follow, ..Access::point(rank) } }],
            writes: vec![Write { sink: Sink::Output(0), spec: result, access: Access::point(rank) }],
            state: StateSize::default(),
            scratch: ScratchSize::default(),
        };
        Ok(vec![Variant {
            name: "by tiles",
            stages: vec![Stage { contract, work: Work::Map(Box::new(Move { axes })) }],
        }])
    }
}

/// Moves a tile.
#[derive(Debug)]
struct Move {
    /// The input's axis for each axis of the result.
    axes: Vec<usize>,
}

impl Map for Move {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let ([view], [out]) = (inputs, outputs) else {
            return Err(KernelError::new("a transpose reads one array and writes one"));
        };
        if core.elements() == 0 {
            return Ok(());
        }
        let shape = core.shape();
        let strides: Vec<usize> = self.axes.iter().map(|a| view.strides()[*a]).collect();
        let size = view.dtype().size();
        let (from, to) = (view.bytes(), out.bytes());
        // Arrays of bytes need no alignment, and elements of one size share their code.
        match size {
            1 => permute::<1>(bytemuck::cast_slice(from), &strides, &shape, bytemuck::cast_slice_mut(to)),
            2 => permute::<2>(bytemuck::cast_slice(from), &strides, &shape, bytemuck::cast_slice_mut(to)),
            4 => permute::<4>(bytemuck::cast_slice(from), &strides, &shape, bytemuck::cast_slice_mut(to)),
            8 => permute::<8>(bytemuck::cast_slice(from), &strides, &shape, bytemuck::cast_slice_mut(to)),
            16 => permute::<16>(bytemuck::cast_slice(from), &strides, &shape, bytemuck::cast_slice_mut(to)),
            _ => return Err(KernelError::new(format!("no dtype has elements of {size} bytes"))),
        }
        Ok(())
    }
}

/// Fills `to`, dense and of this shape, from elements that lie `strides` apart.
fn permute<const N: usize>(from: &[[u8; N]], strides: &[usize], shape: &[u64], to: &mut [[u8; N]]) {
    let Some(last) = shape.len().checked_sub(1) else {
        to[0] = from[0];
        return;
    };
    let (columns, step) = (shape[last] as usize, strides[last]);
    // The axis along which the input's elements are nearest to each other.
    let long = |a: &usize| shape[*a] > 1;
    let near = (0..=last).filter(long).min_by_key(|a| strides[*a]).unwrap_or(last);
    if near == last || columns == 1 {
        for (at, row) in row_starts(shape, strides).zip(to.chunks_exact_mut(columns)) {
            match step {
                1 => row.copy_from_slice(&from[at..][..columns]),
                _ => row.iter_mut().enumerate().for_each(|(j, out)| *out = from[at + j * step]),
            }
        }
        return;
    }
    let out_strides = contiguous_strides(shape);
    let (rows, row_step, out_step) = (shape[near] as usize, strides[near], out_strides[near]);
    let others: Vec<usize> = (0..last).filter(|a| *a != near).collect();
    let pick = |of: &[usize]| -> Vec<usize> { others.iter().map(|a| of[*a]).chain([1]).collect() };
    let outer: Vec<u64> = others.iter().map(|a| shape[*a]).chain([1]).collect();
    for (at, out_at) in row_starts(&outer, &pick(strides)).zip(row_starts(&outer, &pick(&out_strides))) {
        for i0 in (0..rows).step_by(SQUARE) {
            for j0 in (0..columns).step_by(SQUARE) {
                let n = SQUARE.min(columns - j0);
                for i in i0..rows.min(i0 + SQUARE) {
                    let out = &mut to[out_at + i * out_step + j0..][..n];
                    let from = &from[at + i * row_step + j0 * step..];
                    out.iter_mut().enumerate().for_each(|(j, out)| *out = from[j * step]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Value;
    use crate::kernel::trial::{Array, run};

    fn bind(axes: Option<Value>, input: &Array) -> Result<Vec<Variant>, BindError> {
        let given: Vec<(String, Value)> = axes.into_iter().map(|v| ("axes".to_string(), v)).collect();
        (INFO.parse)(&Params::check(INFO.params, &given)?)?.bind(std::slice::from_ref(&input.spec))
    }

    #[test]
    fn every_order_of_axes_moves_every_element() {
        let shape = [5u64, 40, 1, 37];
        let values: Vec<u32> = (0..5 * 40 * 37).collect();
        let input = Array::from(&shape, &values).named("abcd");
        for code in 0..256usize {
            let axes: Vec<usize> = (0..4).map(|i| code >> (2 * i) & 3).collect();
            if (0..4).any(|a| !axes.contains(&a)) {
                continue;
            }
            let list = Value::List(axes.iter().map(|a| Value::Int(*a as i64)).collect());
            let variants = bind(Some(list), &input).unwrap();
            for tile in [[100; 4], [3, 7, 1, 11]] {
                let out = run(&variants[0], std::slice::from_ref(&input), &tile).unwrap().remove(0);
                let names: String = axes.iter().map(|a| ['a', 'b', 'c', 'd'][*a]).collect();
                assert_eq!(out.spec.axis_names(), Some(names));
                let strides = contiguous_strides(&shape);
                let got = out.data::<u32>();
                let mut index = [0u64; 4];
                for value in got {
                    let at: usize = (0..4).map(|i| index[i] as usize * strides[axes[i]]).sum();
                    assert_eq!(*value, values[at], "{axes:?} {index:?}");
                    for i in (0..4).rev() {
                        index[i] += 1;
                        if index[i] < out.spec.shape[i] {
                            break;
                        }
                        index[i] = 0;
                    }
                }
            }
        }
    }

    #[test]
    fn axes_have_to_be_all_axes_once() {
        let input = Array::from(&[2, 3, 4], &[0u8; 24]).named("tyx");
        let error = bind(Some(Value::Str("xy".into())), &input).unwrap_err();
        assert!(error.message.contains("2 of the array's 3"), "{}", error.message);
        let error = bind(Some(Value::Str("xyy".into())), &input).unwrap_err();
        assert!(error.message.contains("twice"), "{}", error.message);
    }
}
