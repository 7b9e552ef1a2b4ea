//! `slice`: NumPy's basic indexing as a step.
//!
//! Owns the meaning of an index with `...` and `newaxis`, and the gathering of a tile. Refuses to know what
//! elements are: they are bytes that travel together.

use crate::array::{ArraySpec, Region, SliceIndex, Taken, View, ViewMut, row_starts};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Read,
    Scratch, ScratchSize, Sink, Source, Stage, StateSize, Variant, Work, Write,
};

pub const INFO: KernelInfo = KernelInfo {
    name: "slice",
    family: Family::Dataset,
    summary: "a part of an array: ranges, steps, single indices",
    doc: "Any dtype, complex ones too; the result has the same elements, bit for bit. The index is NumPy's basic one: for \
          each axis a whole number, which takes the axis away, or start:stop:step with any step but 0; `...` stands for \
          all axes that are not spoken of, `newaxis` for a new one of extent 1 without a name. Ranges are cut to the \
          extent; a number outside is an error. Axes that stay keep their names. One pass, which reads what the result \
          needs and, along axes with a step, what lies between.",
    params: &[ParamInfo {
        name: "index",
        kind: Kind::Text,
        default: None,
        doc: "what is taken, as between NumPy's brackets: \"10:20, ::2\", \"-1\", \"..., 0\", \":, newaxis\"",
    }],
    example: "[[step]]\nkernel = \"slice\"\nindex = \"2:, ::2\"",
    parse: |params| Ok(Box::new(Slice { entries: parse(params.text("index").unwrap_or_default())? })),
};

/// One entry of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Take(SliceIndex),
    /// All axes that are not spoken of.
    Rest,
    NewAxis,
}

fn parse(text: &str) -> Result<Vec<Entry>, BindError> {
    let mut entries = Vec::new();
    for word in text.split(',').map(str::trim).filter(|w| !w.is_empty()) {
        entries.push(match word {
            "..." => Entry::Rest,
            "newaxis" | "None" => Entry::NewAxis,
            other => Entry::Take(SliceIndex::parse(other).map_err(|m| BindError::param("index", m))?),
        });
    }
    if entries.iter().filter(|e| **e == Entry::Rest).count() > 1 {
        return Err(BindError::param("index", format!("index \"{text}\" has ... twice")));
    }
    Ok(entries)
}

#[derive(Debug)]
struct Slice {
    entries: Vec<Entry>,
}

impl Slice {
    /// What is taken of each axis of the input, and for each axis of the result the input's, if it has one.
    fn resolve(&self, input: &ArraySpec) -> Result<(Vec<Taken>, Vec<Option<usize>>), BindError> {
        let spoken = self.entries.iter().filter(|e| matches!(e, Entry::Take(_))).count();
        let rank = input.rank();
        if spoken > rank {
            let message = format!("{spoken} indices for an array of {rank} axes (shape {:?})", input.shape);
            return Err(BindError::param("index", message));
        }
        let mut entries = self.entries.clone();
        let at = entries.iter().position(|e| *e == Entry::Rest).unwrap_or(entries.len());
        let rest = vec![Entry::Take(SliceIndex::ALL); rank - spoken];
        entries.splice(at..(at + 1).min(entries.len()), rest);
        let (mut taken, mut result) = (Vec::new(), Vec::new());
        for entry in entries {
            let Entry::Take(index) = entry else {
                result.push(None);
                continue;
            };
            let axis = taken.len();
            let one = index
                .resolve(input.shape[axis])
                .map_err(|m| BindError::param("index", format!("axis {}: {m}", input.axis_label(axis))))?;
            taken.push(one);
            if one.keeps_axis {
                result.push(Some(axis));
            }
        }
        Ok((taken, result))
    }
}

impl Kernel for Slice {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("slice takes one array, {} were given", inputs.len())));
        };
        let (taken, result) = self.resolve(input)?;
        let shape: Vec<u64> = result.iter().map(|a| a.map_or(1, |a| taken[a].count)).collect();
        let names = result.iter().map(|a| a.and_then(|a| input.axes[a])).collect();
        let spec = ArraySpec::new(input.dtype, &shape).with_axes(names);
        Ok(vec![variant(taken, result, spec)])
    }
}

/// Takes this of each axis of input 0; `result` has the input's axis for each of the result, which is `spec`.
pub(crate) fn variant(taken: Vec<Taken>, result: Vec<Option<usize>>, spec: ArraySpec) -> Variant {
    Variant { name: "by tiles", stages: vec![stage(Source::Input(0), taken, result, spec)] }
}

/// As [`variant`], of any source, as one stage.
pub(crate) fn stage(source: Source, taken: Vec<Taken>, result: Vec<Option<usize>>, spec: ArraySpec) -> Stage {
    let follow = |(a, t): (usize, &Taken)| match result.iter().position(|r| *r == Some(a)) {
        None => AxisMap::Fixed { first: t.first, count: 1 },
        // The same indices: fused without a copy of borders, and equal to what an element-wise step says.
        Some(axis) if t.first == 0 && t.step == 1 => AxisMap::Follow { axis, before: 0, after: 0 },
        Some(axis) => AxisMap::Strided { axis, first: t.first, step: t.step },
    };
    let rank = spec.rank();
    let access = Access { axes: taken.iter().enumerate().map(follow).collect(), ..Access::point(0) };
    let contract = Contract {
        domain: spec.shape.clone(),
        anchor: vec![1; rank],
        order: Order::Any,
        reads: vec![Read { source, access }],
        writes: vec![Write { sink: Sink::Output(0), spec, access: Access::point(rank) }],
        state: StateSize::default(),
        scratch: ScratchSize::default(),
    };
    Stage { contract, work: Work::Map(Box::new(Gather { taken, result })) }
}

/// Gathers a tile.
#[derive(Debug)]
struct Gather {
    taken: Vec<Taken>,
    /// The input's axis for each axis of the result.
    result: Vec<Option<usize>>,
}

impl Map for Gather {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let ([view], [out]) = (inputs, outputs) else {
            return Err(KernelError::new("a slice reads one array and writes one"));
        };
        if core.elements() == 0 {
            return Ok(());
        }
        // The first element of the tile, and the way to the next along each axis, in the view.
        let mut first = 0i64;
        for (a, t) in self.taken.iter().enumerate() {
            let place = self.result.iter().position(|r| *r == Some(a)).map_or(0, |axis| core.start[axis]);
            let index = t.first as i64 + place as i64 * t.step;
            first += (index - view.start()[a]) * view.strides()[a] as i64;
        }
        let step = |a: &Option<usize>| a.map_or(0, |a| view.strides()[a] as i64 * self.taken[a].step);
        let steps: Vec<i64> = self.result.iter().map(step).collect();
        let (shape, size) = (core.shape(), view.dtype().size());
        let (from, to) = (view.bytes(), out.bytes());
        match size {
            1 => gather::<1>(from, first, &steps, &shape, to),
            2 => gather::<2>(from, first, &steps, &shape, to),
            4 => gather::<4>(from, first, &steps, &shape, to),
            8 => gather::<8>(from, first, &steps, &shape, to),
            16 => gather::<16>(from, first, &steps, &shape, to),
            _ => return Err(KernelError::new(format!("no dtype has elements of {size} bytes"))),
        }
        Ok(())
    }
}

/// Fills `to`, dense and of this shape, from elements of `N` bytes at `steps` from each other.
fn gather<const N: usize>(from: &[u8], first: i64, steps: &[i64], shape: &[u64], to: &mut [u8]) {
    let (from, to) = (from.as_chunks::<N>().0, to.as_chunks_mut::<N>().0);
    let Some(last) = shape.len().checked_sub(1) else {
        to[0] = from[first as usize];
        return;
    };
    let (columns, step) = (shape[last] as usize, steps[last]);
    // Row starts are counted forwards from the lowest; where an axis runs backwards the place is mirrored.
    let forward: Vec<usize> = steps.iter().map(|s| s.unsigned_abs() as usize).collect();
    let mut index = vec![0u64; last];
    for (_, row) in row_starts(shape, &forward).zip(to.chunks_exact_mut(columns)) {
        let at = first + index.iter().zip(steps).map(|(i, s)| *i as i64 * s).sum::<i64>();
        match step {
            1 => row.copy_from_slice(&from[at as usize..][..columns]),
            _ => row.iter_mut().enumerate().for_each(|(j, out)| *out = from[(at + j as i64 * step) as usize]),
        }
        for a in (0..last).rev() {
            index[a] += 1;
            if index[a] < shape[a] {
                break;
            }
            index[a] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::trial::{Array, run};
    use crate::kernel::{Params, Value};

    fn bind(index: &str, input: &Array) -> Result<Vec<Variant>, BindError> {
        let given = [("index".to_string(), Value::Str(index.into()))];
        (INFO.parse)(&Params::check(INFO.params, &given)?)?.bind(std::slice::from_ref(&input.spec))
    }

    /// Element by element, by the meaning of the entries.
    fn slow(input: &Array, taken: &[Taken]) -> Vec<u32> {
        let shape = &input.spec.shape;
        let total: u64 = taken.iter().map(|t| t.count).product();
        let mut out = Vec::new();
        for flat in 0..total {
            let (mut rest, mut place, mut stride) = (flat, 0, 1);
            for a in (0..shape.len()).rev() {
                let i = t_at(&taken[a], rest % taken[a].count);
                rest /= taken[a].count;
                place += i * stride;
                stride *= shape[a];
            }
            out.push(input.data::<u32>()[place as usize]);
        }
        out
    }

    fn t_at(t: &Taken, place: u64) -> u64 {
        (t.first as i64 + place as i64 * t.step) as u64
    }

    #[test]
    fn every_slice_takes_what_it_says_for_every_tile() {
        let shape = [5u64, 7, 9];
        let values: Vec<u32> = (0..5 * 7 * 9).collect();
        let input = Array::from(&shape, &values).named("tyx");
        let words = [":", "1:4", "::2", "::-1", "4:1:-2", "-3:", "2", "-1", "3:3"];
        for a in words {
            for b in words {
                for c in words {
                    let index = format!("{a}, {b}, {c}");
                    let taken: Vec<Taken> = [a, b, c]
                        .iter()
                        .zip(shape)
                        .map(|(w, n)| SliceIndex::parse(w).unwrap().resolve(n).unwrap())
                        .collect();
                    let variants = bind(&index, &input).unwrap();
                    let kept: Vec<u64> = taken.iter().filter(|t| t.keeps_axis).map(|t| t.count).collect();
                    for edge in [100, 2] {
                        let tile = vec![edge; kept.len()];
                        let out = run(&variants[0], std::slice::from_ref(&input), &tile).unwrap().remove(0);
                        assert_eq!(out.spec.shape, kept, "{index}");
                        assert_eq!(out.data::<u32>(), slow(&input, &taken), "{index} in tiles of {edge}");
                    }
                }
            }
        }
    }

    #[test]
    fn new_axes_and_the_rest_stand_where_numpy_puts_them() {
        let input = Array::from(&[2, 3, 4], &[0u8; 24]).named("tyx");
        for (index, shape) in [
            ("", vec![2, 3, 4]),
            ("...", vec![2, 3, 4]),
            ("..., 0", vec![2, 3]),
            ("1, ...", vec![3, 4]),
            ("0, ..., 0", vec![3]),
            ("newaxis", vec![1, 2, 3, 4]),
            (":, newaxis, 1", vec![2, 1, 4]),
            ("..., newaxis", vec![2, 3, 4, 1]),
            ("0, 0, 0", vec![]),
        ] {
            let variants = bind(index, &input).unwrap();
            assert_eq!(variants[0].stages[0].contract.domain, shape, "{index}");
        }
    }

    #[test]
    fn what_is_outside_or_unreadable_is_refused() {
        let input = Array::from(&[2, 3], &[0u8; 6]).named("yx");
        for (index, want) in [
            ("2", "axis y: index 2 is out of range for extent 2"),
            ("0, 0, 0", "3 indices for an array of 2 axes"),
            ("::0", "the step is 0"),
            ("..., ...", "twice"),
            ("a", "not a whole number"),
        ] {
            let error = bind(index, &input).unwrap_err();
            assert!(error.message.contains(want), "{index}: {}", error.message);
            assert_eq!(error.param.as_deref(), Some("index"));
        }
    }
}
