//! `concatenate` and `stack`: several arrays as one.
//!
//! Owns the agreement of shapes, names and dtypes, and the copying of a tile's parts. Refuses to know where the
//! arrays come from: they are named, and a pipeline resolves names.

use crate::array::{ArraySpec, DType, Region, View, ViewMut, contiguous_strides};
use crate::kernel::math::{self, Overflow, convert, index_at};
use crate::kernel::reduce::Strided;
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params,
    Read, Scratch, ScratchSize, Sink, Source, Stage, StateSize, Value, Variant, Work, Write,
};

/// Which arrays are joined to the one that the step takes.
const WITH: ParamInfo = ParamInfo {
    name: "with",
    kind: Kind::Arrays,
    default: None,
    doc: "the arrays that follow the one the step takes, in their order: names of inputs or steps",
};

/// The table entry of `concatenate`.
pub const CONCATENATE: KernelInfo = KernelInfo {
    name: "concatenate",
    family: Family::Dataset,
    summary: "arrays one after the other along an axis",
    doc: "Shape: that of the arrays, which are equal but for `axis`; there the extents add up. dtype: the one in which all \
          fit, as `where` in `expr` has it; elements of that dtype are copied bit for bit, u64 beside signed integers gives \
          i64, and a value that does not fit is an error that names its index. Complex arrays, too. As numpy.concatenate. \
          Axes keep their names; contradicting names are refused. One pass, which reads each array once; an array that an \
          earlier step makes is kept first, in memory or in a temporary file.",
    params: &[
        WITH,
        ParamInfo {
            name: "axes",
            kind: Kind::Axes,
            default: Some("0"),
            doc: "the one axis along which they follow each other, as a number or a letter",
        },
    ],
    example: "[[step]]\nkernel = \"concatenate\"\nwith = \"x\"\naxis = \"y\"",
    parse: |params| Ok(Box::new(Join { params: params.clone(), with: params.names("with"), stacks: false })),
};

/// The table entry of `stack`.
pub const STACK: KernelInfo = KernelInfo {
    name: "stack",
    family: Family::Dataset,
    summary: "arrays of one shape side by side along a new axis",
    doc: "Shape: that of the arrays, which is one, with a new axis of as many indices as there are arrays, in front of the \
          axis with the number `axis` (from the end where it is negative: -1 is the last of the result). dtype: the one in \
          which all fit, as `where` in `expr` has it; elements of that dtype are copied bit for bit, u64 beside signed \
          integers gives i64, and a value that does not fit is an error that names its index. Complex arrays, too. As \
          numpy.stack. Axes keep their names, the new one has none; contradicting names are refused. One pass, fused with \
          what comes before; tiles reach through all arrays.",
    params: &[
        WITH,
        ParamInfo {
            name: "axes",
            kind: Kind::Axes,
            default: Some("0"),
            doc: "where the new axis stands in the result, as one number",
        },
    ],
    example: "[[step]]\nkernel = \"stack\"\nwith = \"x\"\naxis = -1",
    parse: |params| Ok(Box::new(Join { params: params.clone(), with: params.names("with"), stacks: true })),
};

#[derive(Debug)]
struct Join {
    params: Params,
    /// The arrays after the first, which the step receives.
    with: Vec<String>,
    stacks: bool,
}

impl Join {
    /// How an array is called in messages.
    fn label(&self, k: usize) -> String {
        match k.checked_sub(1).and_then(|k| self.with.get(k)) {
            Some(name) => format!("\"{name}\""),
            None => "the array that the step takes".to_string(),
        }
    }

    /// The names of all axes, where the arrays agree; extents may differ along `free`.
    fn agree(&self, inputs: &[ArraySpec], free: Option<usize>) -> Result<Vec<Option<char>>, BindError> {
        let first = &inputs[0];
        let mut names = first.axes.clone();
        for (k, spec) in inputs.iter().enumerate().skip(1) {
            let differ = |why: String| {
                let (one, other) = (self.label(0), self.label(k));
                BindError::param(
                    "with",
                    format!("{other} of shape {:?} does not fit {one} of shape {:?}: {why}", spec.shape, first.shape),
                )
            };
            if spec.rank() != first.rank() {
                return Err(differ(format!("{} axes and {}", spec.rank(), first.rank())));
            }
            for (a, name) in names.iter_mut().enumerate() {
                if spec.shape[a] != first.shape[a] && Some(a) != free {
                    return Err(differ(format!("they differ along axis {}", first.axis_label(a))));
                }
                match (*name, spec.axes[a]) {
                    (Some(one), Some(other)) if one != other => {
                        let why = format!("axis {a} is called {other} there and {one} before");
                        return Err(differ(why).help("transpose one of them, or name their axes alike"));
                    }
                    (None, other) => *name = other,
                    _ => {}
                }
            }
        }
        // A letter that two arrays give to different axes names none of them.
        for a in 0..names.len() {
            if names[a].is_some() && names[..a].contains(&names[a]) {
                names[a] = None;
            }
        }
        Ok(names)
    }

    /// The axis along which arrays follow each other.
    fn old_axis(&self, spec: &ArraySpec) -> Result<usize, BindError> {
        if spec.rank() == 0 {
            return Err(BindError::new("arrays without axes cannot be concatenated").help("use stack"));
        }
        match self.params.axes(spec)?.as_deref() {
            None => Ok(0),
            Some([axis]) => Ok(*axis),
            Some(axes) => Err(BindError::param(
                "axes",
                format!("arrays follow each other along one axis, {} were given", axes.len()),
            )),
        }
    }

    /// Where the new axis stands.
    fn new_axis(&self, rank: usize) -> Result<usize, BindError> {
        let n = rank as i64 + 1;
        let given = match self.params.get("axes") {
            None => 0,
            Some(Value::Int(axis)) => *axis,
            Some(other) => {
                let message = format!("axis = {} is not allowed: the new axis is one number", other.to_toml());
                return Err(BindError::param("axes", message));
            }
        };
        let axis = if given < 0 { given + n } else { given };
        if (0..n).contains(&axis) {
            return Ok(axis as usize);
        }
        let message = format!("axis {given} is out of range for a result of {n} axes (allowed: {}..={})", -n, n - 1);
        Err(BindError::param("axes", message))
    }
}

impl Kernel for Join {
    fn input_names(&self) -> Vec<String> {
        [String::new()].into_iter().chain(self.with.iter().cloned()).collect()
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let Some(first) = inputs.first() else { return Err(BindError::new("there is nothing to join")) };
        let dtype = inputs.iter().map(|s| s.dtype).reduce(math::common).unwrap_or(first.dtype);
        let axis = if self.stacks { self.new_axis(first.rank())? } else { self.old_axis(first)? };
        let mut names = self.agree(inputs, (!self.stacks).then_some(axis))?;
        let (mut shape, mut anchor) = (first.shape.clone(), vec![1; first.rank()]);
        let (mut offsets, mut total) = (Vec::with_capacity(inputs.len()), 0u64);
        for spec in inputs {
            offsets.push(total);
            total = total.saturating_add(if self.stacks { 1 } else { spec.shape[axis] });
        }
        if self.stacks {
            names.insert(axis, None);
            shape.insert(axis, total);
            // No array has the new axis: a tile that covers a part of it would read them all.
            anchor.insert(axis, total);
        } else {
            shape[axis] = total;
        }
        let spec = ArraySpec::new(dtype, &shape).with_axes(names);
        if spec.elements().is_none() {
            return Err(BindError::param(
                "with",
                format!("a result of shape {shape:?} has more than 2^63 - 1 elements"),
            ));
        }
        let map = |a: usize, offset: u64| match self.stacks {
            true => AxisMap::Follow { axis: if a < axis { a } else { a + 1 }, before: 0, after: 0 },
            false if a == axis => AxisMap::Part { axis, offset },
            false => AxisMap::Follow { axis: a, before: 0, after: 0 },
        };
        let read = |(k, offset): (usize, &u64)| Read {
            source: Source::Input(k),
            access: Access { axes: (0..first.rank()).map(|a| map(a, *offset)).collect(), ..Access::point(0) },
        };
        let contract = Contract {
            domain: shape,
            anchor,
            order: Order::Any,
            reads: offsets.iter().enumerate().map(read).collect(),
            writes: vec![Write { sink: Sink::Output(0), access: Access::point(spec.rank()), spec }],
            state: StateSize::default(),
            scratch: ScratchSize::default(),
        };
        let work = Work::Map(Box::new(Copy { axis, offsets, dtype, stacks: self.stacks }));
        Ok(vec![Variant { name: "by tiles", stages: vec![Stage { contract, work }] }])
    }
}

/// Copies the parts of a tile.
#[derive(Debug)]
struct Copy {
    axis: usize,
    /// Where each array begins along the axis of the result.
    offsets: Vec<u64>,
    dtype: DType,
    stacks: bool,
}

impl Copy {
    /// Where an array's part begins in the tile, and how far apart its elements lie there, for each of its axes.
    fn place(&self, core: &Region, view: &View, offset: u64) -> (usize, Vec<usize>) {
        let mut strides = contiguous_strides(&core.shape());
        let along = strides[self.axis];
        if self.stacks {
            strides.remove(self.axis);
            return ((offset - core.start[self.axis]) as usize * along, strides);
        }
        let begins = offset + view.start()[self.axis].max(0) as u64;
        ((begins - core.start[self.axis]) as usize * along, strides)
    }
}

impl Map for Copy {
    fn map(&self, core: &Region, inputs: &[View], outputs: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        let [out] = outputs else { return Err(KernelError::new("a join writes one array")) };
        if core.is_empty() {
            return Ok(());
        }
        let (to_size, out) = (self.dtype.size(), out.bytes());
        let overflow = if self.dtype.is_integer() { Overflow::Error } else { Overflow::Saturate };
        for (view, offset) in inputs.iter().zip(&self.offsets) {
            if view.elements() == 0 {
                continue;
            }
            let (first, strides) = self.place(core, view, *offset);
            let (from, size, bytes) = (view.dtype(), view.dtype().size(), view.bytes());
            let rows = Strided::new(view.shape(), [view.strides(), &strides]);
            let n = rows.row();
            let mut misfit = None;
            rows.each_row(|[at, to]| {
                let to = first + to;
                let (src, dst) = (&bytes[at * size..][..n * size], &mut out[to * to_size..][..n * to_size]);
                if from == self.dtype {
                    dst.copy_from_slice(src);
                } else if misfit.is_none() {
                    misfit = convert(from, src, self.dtype, dst, overflow).err().map(|m| (to + m.at, m.message));
                }
            });
            if let Some((at, message)) = misfit {
                return Err(KernelError::at(message, index_at(core, at)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::trial::{Array, run};

    fn bind(info: &KernelInfo, axis: i64, inputs: &[Array]) -> Result<Vec<Variant>, BindError> {
        let names = ["b", "c", "d"][..inputs.len() - 1].iter().map(|n| Value::Str((*n).into())).collect();
        let given = [("with".to_string(), Value::List(names)), ("axis".to_string(), Value::Int(axis))];
        let specs: Vec<ArraySpec> = inputs.iter().map(|a| a.spec.clone()).collect();
        (info.parse)(&Params::check(info.params, &given)?)?.bind(&specs)
    }

    #[test]
    fn parts_meet_wherever_tiles_are_cut() {
        for axis in 0..3usize {
            let mut parts = Vec::new();
            for (k, n) in [3u64, 0, 5, 1].into_iter().enumerate() {
                let mut shape = vec![2u64, 3, 4];
                shape[axis] = n;
                let count: u64 = shape.iter().product();
                let values: Vec<u32> = (0..count).map(|i| (k as u64 * 1000 + i) as u32).collect();
                parts.push(Array::from(&shape, &values).named("tyx"));
            }
            let variants = bind(&CONCATENATE, axis as i64, &parts).unwrap();
            let whole = run(&variants[0], &parts, &[100; 3]).unwrap().remove(0);
            assert_eq!((whole.spec.shape[axis], whole.spec.axis_names().as_deref()), (9, Some("tyx")));
            for tile in [[1, 1, 1], [2, 2, 2], [1, 7, 3], [4, 1, 9]] {
                assert_eq!(run(&variants[0], &parts, &tile).unwrap()[0].bytes(), whole.bytes(), "{axis} {tile:?}");
            }
            // Index by index: the part, and the place in it.
            let strides = contiguous_strides(&whole.spec.shape);
            for (flat, value) in whole.data::<u32>().iter().enumerate() {
                let index: Vec<u64> = (0..3).map(|a| (flat / strides[a]) as u64 % whole.spec.shape[a]).collect();
                let (k, begins) = [(0, 0), (2, 3), (3, 8)].into_iter().rfind(|(_, b)| index[axis] >= *b).unwrap();
                let mut inner = index.clone();
                inner[axis] -= begins;
                let own = contiguous_strides(&parts[k].spec.shape);
                let at: usize = (0..3).map(|a| inner[a] as usize * own[a]).sum();
                assert_eq!(*value, parts[k].data::<u32>()[at], "{index:?}");
            }
        }
    }

    #[test]
    fn dtypes_are_joined_and_misfits_named() {
        let (a, b) = (Array::from(&[2], &[1u64, u64::MAX]), Array::from(&[1], &[-1i8]));
        let variants = bind(&CONCATENATE, 0, &[a, b]).unwrap();
        let inputs = [Array::from(&[2], &[1u64, u64::MAX]), Array::from(&[1], &[-1i8])];
        let error = run(&variants[0], &inputs, &[10]).unwrap_err();
        assert_eq!(error.at, Some(vec![1]));
        let inputs = [Array::from(&[2], &[1u8, 2]), Array::from(&[2], &[0.5f32, -1.0])];
        let variants = bind(&STACK, -1, &inputs).unwrap();
        let out = run(&variants[0], &inputs, &[1, 1]).unwrap().remove(0);
        assert_eq!((out.spec.shape.as_slice(), out.data::<f32>()), (&[2u64, 2][..], &[1.0, 0.5, 2.0, -1.0][..]));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let inputs = [Array::from(&[2, 3], &[0u8; 6]).named("yx"), Array::from(&[2, 4], &[0u8; 8])];
        let error = bind(&CONCATENATE, 0, &inputs).unwrap_err();
        assert!(error.message.contains("\"b\" of shape [2, 4]") && error.message.contains("along axis x"), "{error}");
        assert!(bind(&CONCATENATE, 1, &inputs).is_ok());
        assert!(bind(&STACK, 0, &inputs).is_err());
        let inputs = [Array::from(&[2, 2], &[0u8; 4]).named("yx"), Array::from(&[2, 2], &[0u8; 4]).named("xy")];
        let error = bind(&STACK, 0, &inputs).unwrap_err();
        assert!(error.message.contains("axis 0 is called x there and y before"), "{error}");
        let error = bind(&STACK, 3, &[inputs[0].clone(), inputs[0].clone()]).unwrap_err();
        assert!(error.message.contains("out of range for a result of 3 axes"), "{error}");
    }
}
