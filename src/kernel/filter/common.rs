//! What neighbourhood filters have in common: their parameters, what they refuse, their stage.
//!
//! Knows parameters, specs and contracts; no arithmetic.

use crate::array::{ArraySpec, DType, EdgeMode, write_f64};
use crate::kernel::{
    Access, BindError, Contract, Kind, Map, Order, ParamInfo, Params, Read, ScratchSize, Sink, Source, Stage,
    StateSize, Work, Write,
};

/// The axes a filter works along.
pub(super) const AXES: ParamInfo = ParamInfo {
    name: "axes",
    kind: Kind::Axes,
    default: Some(""),
    doc: "axes to work along; unset: y and x where the array names them, else all axes of a 1-D or 2-D array",
};

/// How values beyond the edge are made.
pub(super) const MODE: ParamInfo = ParamInfo {
    name: "mode",
    kind: Kind::Choice(&["reflect", "mirror", "nearest", "wrap", "constant"]),
    default: Some("\"reflect\""),
    doc: "values beyond the edge: reflect (d c b a | a b c d | d c b a), mirror (d c b | a b c d | c b a), \
          nearest (a a a | a b c d | d d d), wrap (b c d | a b c d | a b c), constant (cval)",
};

/// The value beyond the edge.
pub(super) const CVAL: ParamInfo = ParamInfo {
    name: "cval",
    kind: Kind::Float { min: f64::NEG_INFINITY, max: f64::INFINITY },
    default: Some("0.0"),
    doc: "the value beyond the edge where mode = \"constant\"; a value of the array's dtype",
};

/// The border a filter was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Border {
    mode: EdgeMode,
    cval: f64,
}

impl Border {
    /// From `mode` and `cval`, or their defaults.
    pub fn parse(params: &Params) -> Border {
        let named = |name: &str| EdgeMode::ALL.iter().find(|(n, _)| *n == name).map(|(_, mode)| *mode);
        let mode = params.text("mode").and_then(named).unwrap_or(EdgeMode::Reflect);
        Border { mode, cval: params.float("cval").unwrap_or(0.0) }
    }

    /// Whether the border of an array that was filtered along one axis is the filtered border: values beyond the edge are
    /// those of lines inside, or 0.
    pub fn survives_a_pass(&self) -> bool {
        self.mode != EdgeMode::Constant || self.cval == 0.0
    }

    /// Borders are filled in the array's own dtype: a constant that an integer cannot hold would
    /// silently become another one.
    fn check(&self, dtype: DType) -> Result<(), BindError> {
        if self.mode == EdgeMode::Constant { check_cval(self.cval, dtype) } else { Ok(()) }
    }
}

/// Borders are filled in the array's own dtype: a constant that an integer cannot hold would silently become another
/// one.
pub(crate) fn check_cval(cval: f64, dtype: DType) -> Result<(), BindError> {
    if dtype.is_float() {
        return Ok(());
    }
    let mut bytes = [0u64; 1];
    let bytes: &mut [u8] = &mut bytemuck::cast_slice_mut(&mut bytes)[..dtype.size()];
    let mut back = [f64::NAN];
    if write_f64(dtype, &[cval], bytes).is_ok() {
        crate::array::read_f64(dtype, bytes, &mut back);
    }
    if back[0] == cval {
        return Ok(());
    }
    Err(BindError::param("cval", format!("cval = {cval:?} is not a value of {dtype}, the array's dtype"))
        .help("give a whole number in its range, or cast the array to f32 first"))
}

/// The one array of a filter: real numbers, not truth values.
pub(super) fn real_input<'a>(name: &str, inputs: &'a [ArraySpec]) -> Result<&'a ArraySpec, BindError> {
    let [spec] = inputs else {
        return Err(BindError::new(format!("{name} takes one array, {} were given", inputs.len())));
    };
    match spec.dtype {
        DType::Bool => Err(BindError::new(format!("{name} does not take an array of bool"))
            .help("cast it first: kernel = \"cast\", dtype = \"f32\" (or \"u8\")")),
        d if d.is_complex() => Err(BindError::new(format!("{name} does not take an array of {d} (complex numbers)"))
            .help("filter the real and the imaginary part on their own, or cast it to f64 first")),
        _ => Ok(spec),
    }
}

/// A list with one entry for each of `axes`, spread over all axes of the array; `rest` elsewhere.
pub(super) fn spread<T: Copy>(rank: usize, axes: &[usize], values: &[T], rest: T) -> Vec<T> {
    let mut all = vec![rest; rank];
    axes.iter().zip(values).for_each(|(&a, &v)| all[a] = v);
    all
}

/// Indices before and after the centre of a window of `size`, as SciPy centres it (`origin = 0`):
/// an even one reaches one further to the left.
pub(super) fn centred(size: u64) -> (u64, u64) {
    (size / 2, size - size / 2 - 1)
}

/// The stage of a filter: each output element from a window around its index.
pub(super) fn window_stage(
    spec: &ArraySpec,
    halo: &[(u64, u64)],
    border: Border,
    scratch: ScratchSize,
    map: Box<dyn Map>,
) -> Result<Stage, BindError> {
    border.check(spec.dtype)?;
    let reach: Vec<(i64, i64)> = halo.iter().map(|&(b, a)| (b as i64, a as i64)).collect();
    let read = Access::window(&reach).filled(border.mode, border.cval);
    let contract = Contract {
        domain: spec.shape.clone(),
        anchor: vec![1; spec.rank()],
        order: Order::Any,
        reads: vec![Read { source: Source::Input(0), access: read }],
        writes: vec![Write {
            sink: Sink::Output(0),
            spec: spec.as_dtype(spec.dtype),
            access: Access::point(spec.rank()),
        }],
        state: StateSize::default(),
        scratch,
    };
    Ok(Stage { contract, work: Work::Map(map) })
}
