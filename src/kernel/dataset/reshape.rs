//! `reshape`: the same elements in C order, cut into other axes.
//!
//! Owns the pairing of axes: which of the input together make which of the result, and how a tile of one is a box
//! of the other. Refuses to know what elements are: a tile has the same bytes in both shapes.

use crate::array::{ArraySpec, Region, Shape, View, ViewMut, checked_elements};
use crate::kernel::reduce::Strided;
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params,
    Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize, Value, Variant, Work, Write,
};
use std::ops::Range;

/// The table entry of `reshape`.
pub const INFO: KernelInfo = KernelInfo {
    name: "reshape",
    family: Family::Dataset,
    summary: "the same elements in C order, in another shape",
    doc: "Any dtype, complex ones too; the result has the same elements, bit for bit. As numpy.reshape in C order: the last \
          axis runs fastest in both shapes, and one extent may be -1, which is what remains. Axes that stay as they are \
          keep their names. One pass. Axes are paired in the smallest groups that hold the same elements, and tiles are whole \
          along the faster axes of a group. Where neither side's faster extents divide the other's, as in [4, 6] to [6, 4], \
          a tile reads up to one more row of the input at either end.",
    params: &[ParamInfo {
        name: "shape",
        kind: Kind::Ints { min: -1, max: i64::MAX },
        default: None,
        doc: "the extents of the result; -1 once for what remains",
    }],
    example: "[[step]]\nkernel = \"reshape\"\nshape = -1",
    parse,
};

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let whole = |v: &Value| if let Value::Int(i) = v { *i } else { 0 };
    let shape: Vec<i64> = match params.get("shape") {
        Some(Value::List(l)) => l.iter().map(whole).collect(),
        Some(v) => vec![whole(v)],
        None => Vec::new(),
    };
    if shape.iter().filter(|n| **n == -1).count() > 1 {
        return Err(BindError::param("shape", format!("shape = {shape:?} has -1 more than once")));
    }
    Ok(Box::new(Reshape { shape }))
}

#[derive(Debug)]
struct Reshape {
    shape: Vec<i64>,
}

/// Axes of two shapes that together hold the same elements, none of extent 1. What is fastest lies last.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    from: Range<usize>,
    to: Range<usize>,
}

/// How a tile of a result follows from its input: one map for each axis of the input, and the anchor.
struct Pairing {
    maps: Vec<AxisMap>,
    anchor: Shape,
}

impl Reshape {
    /// The extents of the result.
    fn resolve(&self, input: &ArraySpec) -> Result<Shape, BindError> {
        let refuse = |n: u64, why: &str| {
            let message = format!("an array of shape {:?} ({n} elements) has no shape {:?}", input.shape, self.shape);
            BindError::param("shape", format!("{message}: {why}"))
        };
        let n = input.elements().ok_or_else(|| refuse(u64::MAX, "too many elements"))?;
        let known: Vec<u64> = self.shape.iter().filter(|e| **e >= 0).map(|e| *e as u64).collect();
        let rest = checked_elements(&known).ok_or_else(|| refuse(n, "more than 2^63 - 1 elements"))?;
        let open = self.shape.contains(&-1);
        if open && (rest == 0 || !n.is_multiple_of(rest)) {
            return Err(refuse(n, &format!("{n} is not a multiple of {rest}")));
        }
        if !open && rest != n {
            return Err(refuse(n, &format!("that has {rest} elements")));
        }
        Ok(self.shape.iter().map(|e| if *e < 0 { n / rest } else { *e as u64 }).collect())
    }
}

/// Pairs the axes of two shapes of the same number of elements, which is not 0.
fn groups(from: &[u64], to: &[u64]) -> Vec<Group> {
    let mut found = Vec::new();
    let (mut i, mut j) = (0, 0);
    loop {
        // Axes of extent 1 hold nothing.
        while from.get(i) == Some(&1) {
            i += 1;
        }
        while to.get(j) == Some(&1) {
            j += 1;
        }
        let (Some(mut a), Some(mut b)) = (from.get(i).copied(), to.get(j).copied()) else { return found };
        let (first, start) = (i, j);
        (i, j) = (i + 1, j + 1);
        while a != b {
            if a < b {
                a *= from[i];
                i += 1;
            } else {
                b *= to[j];
                j += 1;
            }
        }
        found.push(Group { from: first..i, to: start..j });
    }
}

/// The extents of a group faster than its first, multiplied.
fn tail(shape: &[u64], axes: &Range<usize>) -> u64 {
    shape[axes.clone()].iter().skip(1).product()
}

/// The shape between two, from which each is reached by splitting or merging alone: a group that does both and whose
/// blocks are of unlike length becomes one flat axis. `None` where there is no such group.
fn between(from: &[u64], to: &[u64]) -> Option<Shape> {
    let crooked = |g: &Group| {
        let (a, b) = (tail(from, &g.from), tail(to, &g.to));
        a % b != 0 && b % a != 0
    };
    let all = groups(from, to);
    if !all.iter().any(crooked) {
        return None;
    }
    let mut shape = Vec::new();
    for g in &all {
        if crooked(g) {
            shape.push(from[g.from.clone()].iter().product());
        } else {
            shape.extend_from_slice(&to[g.to.clone()]);
        }
    }
    Some(shape)
}

/// Pairs two shapes none of whose groups both splits and merges.
fn pairing(from: &[u64], to: &[u64]) -> Pairing {
    let mut maps = vec![AxisMap::All; from.len()];
    let mut anchor = vec![1; to.len()];
    if from.contains(&0) {
        return Pairing { maps, anchor };
    }
    for g in groups(from, to) {
        let (a, b) = (tail(from, &g.from), tail(to, &g.to));
        let axis = g.to.start;
        // Faster axes are whole.
        g.to.clone().skip(1).for_each(|j| anchor[j] = to[j]);
        maps[g.from.start] = if a == b {
            AxisMap::Follow { axis, before: 0, after: 0 }
        } else if b > a {
            AxisMap::Fine { axis, factor: b / a }
        } else {
            anchor[axis] = a / b;
            AxisMap::Coarse { axis, factor: a / b, before: 0, after: 0 }
        };
    }
    Pairing { maps, anchor }
}

fn stage(from: &[u64], source: Source, spec: ArraySpec, sink: Sink) -> Stage {
    let Pairing { maps, anchor } = pairing(from, &spec.shape);
    let contract = Contract {
        domain: spec.shape.clone(),
        anchor,
        order: Order::Any,
        reads: vec![Read { source, access: Access { axes: maps, ..Access::point(0) } }],
        writes: vec![Write { sink, access: Access::point(spec.rank()), spec }],
        state: StateSize::default(),
        scratch: ScratchSize::default(),
    };
    Stage { contract, work: Work::Map(Box::new(Pour)) }
}

impl Kernel for Reshape {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("reshape takes one array, {} were given", inputs.len())));
        };
        let shape = self.resolve(input)?;
        let mut names = vec![None; shape.len()];
        let empty = input.shape.contains(&0);
        if input.shape == shape {
            names.clone_from(&input.axes);
        } else if !empty {
            for g in groups(&input.shape, &shape).iter().filter(|g| g.from.len() == 1 && g.to.len() == 1) {
                names[g.to.start] = input.axes[g.from.start];
            }
        }
        let middle = if empty { None } else { between(&input.shape, &shape) };
        let result = ArraySpec::new(input.dtype, &shape).with_axes(names);
        let stages = match middle {
            None => vec![stage(&input.shape, Source::Input(0), result, Sink::Output(0))],
            Some(middle) => vec![
                stage(&input.shape, Source::Input(0), ArraySpec::new(input.dtype, &middle), Sink::Temp(0)),
                stage(&middle, Source::Temp(0), result, Sink::Output(0)),
            ],
        };
        Ok(vec![Variant { name: "by blocks", stages }])
    }
}

/// Copies a tile, whose elements have the same order in both shapes.
#[derive(Debug)]
struct Pour;

impl Map for Pour {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let ([view], [out]) = (inputs, outputs) else {
            return Err(KernelError::new("a reshape reads one array and writes one"));
        };
        if core.is_empty() {
            return Ok(());
        }
        if view.elements() as u64 != core.elements() {
            return Err(KernelError::new("a reshape received a tile that is not whole along its faster axes"));
        }
        let size = view.dtype().size();
        let rows = Strided::new(view.shape(), [view.strides()]);
        let n = rows.row() * size;
        let (bytes, mut parts) = (view.bytes(), out.bytes().chunks_exact_mut(n));
        rows.each_row(|[at]| {
            if let Some(part) = parts.next() {
                part.copy_from_slice(&bytes[at * size..][..n]);
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::trial::{Array, run};

    fn bind(shape: &[i64], input: &Array) -> Result<Vec<Variant>, BindError> {
        let given = [("shape".to_string(), Value::List(shape.iter().map(|n| Value::Int(*n)).collect()))];
        (INFO.parse)(&Params::check(INFO.params, &given)?)?.bind(std::slice::from_ref(&input.spec))
    }

    /// All shapes of three axes with this many elements, and some with axes of extent 1.
    fn shapes(n: i64) -> Vec<Vec<i64>> {
        let mut all = vec![vec![n], vec![1, n], vec![n, 1, 1]];
        for a in (1..=n).filter(|a| n % a == 0) {
            for b in (1..=n / a).filter(|b| n / a % b == 0) {
                all.push(vec![a, b, n / a / b]);
            }
        }
        all
    }

    #[test]
    fn every_shape_becomes_every_other_in_any_tiles() {
        let n = 36i64;
        let values: Vec<u16> = (0..n as u16).collect();
        for from in shapes(n) {
            let shape: Vec<u64> = from.iter().map(|n| *n as u64).collect();
            let input = Array::from(&shape, &values);
            for to in shapes(n) {
                let variants = bind(&to, &input).unwrap();
                for tile in [1, 2, 5, 100] {
                    let out = &run(&variants[0], std::slice::from_ref(&input), &vec![tile; 3][..]).unwrap()[0];
                    assert_eq!(out.data::<u16>(), values, "{from:?} to {to:?} in tiles of {tile}");
                }
            }
        }
    }

    #[test]
    fn groups_are_the_smallest() {
        let group = |from, to| Group { from, to };
        assert_eq!(groups(&[2, 3, 4], &[6, 4]), [group(0..2, 0..1), group(2..3, 1..2)]);
        assert_eq!(groups(&[6, 1, 4], &[3, 8]), [group(0..3, 0..2)]);
        assert_eq!(groups(&[1, 12], &[3, 1, 4, 1]), [group(1..2, 0..3)]);
        assert_eq!(between(&[6, 4], &[3, 8]), None);
        assert_eq!(between(&[4, 6], &[6, 4]), Some(vec![24]));
        assert_eq!(between(&[5, 4, 6], &[5, 6, 4]), Some(vec![5, 24]));
    }

    #[test]
    fn a_shape_has_to_hold_all_elements() {
        let input = Array::from(&[2, 3, 4], &[0u8; 24]).named("tyx");
        for (shape, want) in [
            (&[5, 5][..], "that has 25 elements"),
            (&[-1, 5], "24 is not a multiple of 5"),
            (&[-1, 0], "24 is not a multiple of 0"),
            (&[-1, -1], "-1 more than once"),
            (&[i64::MAX, 3], "more than 2^63 - 1"),
        ] {
            let error = bind(shape, &input).unwrap_err();
            assert!(error.message.contains(want), "{shape:?}: {}", error.message);
            assert_eq!(error.param.as_deref(), Some("shape"));
        }
        let variants = bind(&[6, -1], &input).unwrap();
        let spec = &variants[0].stages[0].contract.writes[0].spec;
        assert_eq!((spec.shape.as_slice(), spec.axes.as_slice()), (&[6, 4][..], &[None, Some('x')][..]));
        let none = Array::from(&[0, 3], &[0u8; 0]);
        assert_eq!(bind(&[3, 5, 0], &none).unwrap()[0].stages[0].contract.domain, [3, 5, 0]);
    }
}
