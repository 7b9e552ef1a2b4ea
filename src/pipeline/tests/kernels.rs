//! Kernels that bind and never run, one for each thing a pipeline must handle.

use crate::array::{ArraySpec, DType, Region, View, ViewMut};
use crate::kernel::{
    Access, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params, Read,
    Scratch, ScratchSize, Sink, Source, Stage, StateSize, Variant, Work, Write,
};

pub const TABLE: &[KernelInfo] = &[
    info("expr", &[param("expr", Kind::Text, None)], |p| Ok(fake(What::Expr(p.text("expr").unwrap().into())))),
    info("cast", &[param("dtype", Kind::DType, None)], |p| Ok(fake(What::Cast(p.dtype("dtype").unwrap())))),
    info(
        "blur",
        &[
            param("sigma", Kind::Floats { min: 0.0, max: 100.0 }, None),
            param("axes", Kind::Axes, Some("")),
            param("mode", Kind::Choice(&["reflect", "wrap"]), Some("reflect")),
        ],
        |p| Ok(fake(What::Blur(p.clone()))),
    ),
    info("fold", &[param("axes", Kind::Axes, Some(""))], |p| Ok(fake(What::Fold(p.clone())))),
    info("split", &[], |_| Ok(fake(What::Split))),
    info("nothing", &[], |_| Ok(fake(What::Nothing))),
];

const fn param(name: &'static str, kind: Kind, default: Option<&'static str>) -> ParamInfo {
    ParamInfo { name, kind, default, doc: "" }
}

const fn info(
    name: &'static str,
    params: &'static [ParamInfo],
    parse: fn(&Params) -> Result<Box<dyn Kernel>, BindError>,
) -> KernelInfo {
    KernelInfo { name, family: Family::Math, summary: "", doc: "", params, example: "", parse }
}

#[derive(Debug)]
enum What {
    Expr(String),
    Cast(DType),
    Blur(Params),
    Fold(Params),
    Split,
    Nothing,
}

#[derive(Debug)]
struct Fake(What);

fn fake(what: What) -> Box<dyn Kernel> {
    Box::new(Fake(what))
}

impl Kernel for Fake {
    fn input_names(&self) -> Vec<String> {
        let What::Expr(text) = &self.0 else { return Vec::new() };
        let mut names: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|w| w.starts_with(|c: char| c.is_alphabetic()))
            .map(str::to_string)
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let widest = inputs.iter().max_by_key(|s| s.rank()).ok_or_else(|| BindError::new("no array is named"))?;
        let outputs = match &self.0 {
            What::Expr(_) => vec![widest.as_dtype(DType::F32)],
            What::Cast(dtype) if dtype.is_complex() => {
                return Err(BindError::param("dtype", "no fake casts to complex").help("take f32"));
            }
            What::Cast(dtype) => vec![widest.as_dtype(*dtype)],
            What::Blur(params) => {
                let axes = params.axes(widest)?.map_or(widest.rank(), |a| a.len());
                params.floats("sigma", axes)?;
                vec![widest.as_dtype(widest.dtype)]
            }
            What::Fold(params) => {
                let axes = params.axes(widest)?.unwrap_or_default();
                let kept: Vec<usize> = (0..widest.rank()).filter(|a| !axes.contains(a)).collect();
                let shape: Vec<u64> = kept.iter().map(|a| widest.shape[*a]).collect();
                let names = kept.iter().map(|a| widest.axes[*a]).collect();
                vec![ArraySpec::new(DType::F64, &shape).with_axes(names)]
            }
            What::Split => vec![widest.as_dtype(DType::F32), widest.as_dtype(DType::I8)],
            What::Nothing => vec![],
        };
        Ok(vec![variant(widest, outputs)])
    }
}

/// One stage that writes a temporary and the outputs, the last one first.
fn variant(input: &ArraySpec, outputs: Vec<ArraySpec>) -> Variant {
    let point = Access::point(input.rank());
    let write = |sink, spec: &ArraySpec| Write { sink, spec: spec.clone(), access: point.clone() };
    let mut writes = vec![write(Sink::Temp(0), input)];
    writes.extend(outputs.iter().enumerate().rev().map(|(i, spec)| write(Sink::Output(i), spec)));
    let contract = Contract {
        domain: input.shape.clone(),
        anchor: vec![1; input.rank()],
        order: Order::Any,
        reads: vec![Read { source: Source::Input(0), access: point.clone() }],
        writes,
        state: StateSize::default(),
        scratch: ScratchSize::default(),
    };
    Variant { name: "only", stages: vec![Stage { contract, work: Work::Map(Box::new(Never)) }] }
}

#[derive(Debug)]
struct Never;

impl Map for Never {
    fn map(&self, _: &Region, _: &[View], _: &mut [ViewMut], _: &mut Scratch) -> Result<(), KernelError> {
        Err(KernelError::new("a fake does not run"))
    }
}
