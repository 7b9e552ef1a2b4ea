//! `butterworth`: a low-pass, high-pass, band-pass or band-stop filter along one axis.
//!
//! Owns the parameters and the stages. Refuses to know how a filter is designed (see `sections`) and run (see `recursion`).

use super::monoid::LANES;
use super::recursion::{Recursion, SECTIONS_MAX, Start};
use super::scan::{AXES, BLOCK, one_real};
use super::sections::{Band, Section, butterworth, padding};
use super::sliding::ROWS;
use crate::array::{ArraySpec, DType};
use crate::kernel::{
    Access, AxisMap, BindError, Contract, Family, Kernel, KernelInfo, Kind, Order, ParamInfo, Params, Read,
    ScratchSize, Sink, Source, Stage, StateSize, Variant, Work, Write,
};

/// The line of the table of kernels.
pub const INFO: KernelInfo = KernelInfo {
    name: "butterworth",
    family: Family::Window,
    summary: "low-pass, high-pass, band-pass or band-stop filter along one axis",
    doc: "A Butterworth filter along one axis, as second-order sections: forward from rest, as scipy.signal.sosfilt of \
          butter(order, cutoff, btype, fs=sample_rate, output=\"sos\"), or with zero_phase forward and backward, as \
          sosfiltfilt with its odd extension: 3 * (order + 1) values beyond each end, 3 * (2 * order + 1) of the two \
          band filters, and the axis must be longer than that. Half of the power passes at a cutoff, a quarter with \
          zero_phase. Shape and axis names are kept; floats keep their dtype, integers up to 16 bits and bool give f32, \
          wider ones f64 (64-bit ones are rounded to f64 first); complex is refused. Filters run in f64 and are rounded \
          at the end. A NaN or an infinity spoils all that follows on its line, with zero_phase all of it. Forward is \
          one sweep; tiles pass their carry along the axis in order. zero_phase takes two sweeps, one of them backward, \
          with an array of f64 between, and what an earlier step makes is kept first.",
    params: &[
        ParamInfo {
            name: "order",
            kind: Kind::Int { min: 1, max: SECTIONS_MAX as i64 },
            default: None,
            doc: "the order; band filters have twice as many poles",
        },
        ParamInfo {
            name: "cutoff",
            kind: Kind::Numbers { min: f64::MIN_POSITIVE, max: f64::MAX },
            default: None,
            doc: "the frequency at which half of the power passes, two for band filters; in units of sample_rate, below its half",
        },
        ParamInfo {
            name: "btype",
            kind: Kind::Choice(&["lowpass", "highpass", "bandpass", "bandstop"]),
            default: Some("\"lowpass\""),
            doc: "what passes",
        },
        ParamInfo {
            name: "sample_rate",
            kind: Kind::Float { min: f64::MIN_POSITIVE, max: f64::MAX },
            default: Some("1.0"),
            doc: "samples for each unit of time: with samples per second cutoff is in Hz, with 1 in cycles per sample",
        },
        ParamInfo {
            name: "zero_phase",
            kind: Kind::Bool,
            default: Some("false"),
            doc: "whether the filter runs backward over its own result, too, so that nothing is delayed",
        },
        AXES,
    ],
    example: "[[step]]\nkernel = \"butterworth\"\norder = 4\ncutoff = 0.1\naxes = \"y\"",
    parse: |params| Ok(Box::new(Butterworth { params: params.clone(), sections: sections(params)? })),
};

/// The sections that parameters ask for.
fn sections(params: &Params) -> Result<Vec<Section>, BindError> {
    let order = params.int("order").unwrap_or(1).unsigned_abs() as usize;
    let rate = params.float("sample_rate").unwrap_or(1.0);
    let cutoff = params.numbers("cutoff").unwrap_or_default();
    let btype = params.text("btype").unwrap_or("lowpass");
    if let Some(beyond) = cutoff.iter().find(|f| **f >= rate / 2.0) {
        let half = rate / 2.0;
        let message = format!("cutoff = {beyond} is not below {half}, half of sample_rate = {rate}");
        return Err(
            BindError::param("cutoff", message).help("give it in the units of sample_rate, or say sample_rate = …")
        );
    }
    let share = |i: usize| cutoff[i] / rate;
    let band = match (btype, cutoff.len()) {
        ("lowpass", 1) => Band::Low(share(0)),
        ("highpass", 1) => Band::High(share(0)),
        ("bandpass" | "bandstop", 2) if cutoff[0] >= cutoff[1] => {
            let message = format!("cutoff = [{}, {}]: the first must be below the second", cutoff[0], cutoff[1]);
            return Err(BindError::param("cutoff", message));
        }
        ("bandpass", 2) => Band::Pass(share(0), share(1)),
        ("bandstop", 2) => Band::Stop(share(0), share(1)),
        (_, count) => {
            let takes = if btype.starts_with("band") { "two frequencies" } else { "one frequency" };
            let message = format!("a {btype} takes {takes}, cutoff has {count}");
            return Err(BindError::param("cutoff", message).help("or change btype"));
        }
    };
    let sections = butterworth(order, band);
    let sound = |s: &Section| s.b.iter().chain(&s.a).all(|x| x.is_finite());
    if !sections.iter().all(sound) || sections[0].b == [0.0; 3] {
        let message = format!("a {btype} of order {order} at {cutoff:?} of {rate} is beyond what f64 can hold");
        return Err(BindError::param("cutoff", message).help("lower the order, or downsample first"));
    }
    Ok(sections)
}

#[derive(Debug)]
struct Butterworth {
    params: Params,
    sections: Vec<Section>,
}

impl Kernel for Butterworth {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let (input, axis) = one_real(INFO.name, &self.params, inputs)?;
        bind(input, axis, &self.sections, self.params.bool("zero_phase", false), BLOCK)
    }
}

/// `block` is [`BLOCK`] outside tests.
fn bind(
    input: &ArraySpec,
    axis: usize,
    sections: &[Section],
    zero_phase: bool,
    block: u64,
) -> Result<Vec<Variant>, BindError> {
    let (rank, extent, pad) = (input.rank(), input.shape[axis], padding(sections));
    let output = input.as_dtype(input.dtype.real());
    let to = |sink, spec: &ArraySpec| Write { sink, spec: spec.clone(), access: Access::point(rank) };
    let whole = Read { source: Source::Input(0), access: Access::point(rank) };
    let scan = |start, reverse, reads, write| stage(sections, (axis, block, extent), (start, reverse), reads, write);
    if !zero_phase {
        let forward = scan(Start::Nothing, false, vec![whole], to(Sink::Output(0), &output));
        return Ok(vec![Variant { name: "forward", stages: vec![forward] }]);
    }
    if extent <= pad {
        let message =
            format!("zero_phase of this filter needs more than {pad} values along the axis, there are {extent}");
        return Err(BindError::param("zero_phase", message).help("lower the order, or filter forward alone"));
    }
    let along = |source, map| {
        let mut access = Access::point(rank);
        access.axes[axis] = map;
        Read { source, access }
    };
    let mut longer = input.as_dtype(DType::F64);
    longer.shape[axis] = extent + pad;
    let reads = vec![
        along(Source::Input(0), AxisMap::Part { axis, offset: 0 }),
        along(Source::Input(0), AxisMap::Fixed { first: 0, count: pad + 1 }),
        along(Source::Input(0), AxisMap::Fixed { first: extent - pad - 1, count: pad + 1 }),
    ];
    let forward = scan(Start::Extended(pad), false, reads, to(Sink::Temp(0), &longer));
    let reads = vec![
        along(Source::Temp(0), AxisMap::Follow { axis, before: 0, after: 0 }),
        along(Source::Temp(0), AxisMap::Fixed { first: extent, count: pad }),
    ];
    let backward = scan(Start::After(pad), true, reads, to(Sink::Output(0), &output));
    Ok(vec![Variant { name: "forward and backward", stages: vec![forward, backward] }])
}

/// One run over the domain, which is as long as what is written.
fn stage(
    sections: &[Section],
    (axis, block, extent): (usize, u64, u64),
    (start, reverse): (Start, bool),
    reads: Vec<Read>,
    write: Write,
) -> Stage {
    let domain = write.spec.shape.clone();
    let block = block.min(domain[axis]).max(1);
    let mut anchor = vec![1; domain.len()];
    anchor[axis] = block;
    let states = 2 * sections.len() as u64;
    let made = if let Start::Extended(n) | Start::After(n) = start { n + 1 + states } else { 0 };
    let contract = Contract {
        domain,
        anchor,
        order: Order::Carry { axis, reverse },
        reads,
        writes: vec![write],
        // A tile's states are those that its blocks end with, and in one tile those that lines begin with.
        state: StateSize { fixed: 256, per_cell: 8 * states, per_anchor: 16 * states, ..StateSize::default() },
        scratch: ScratchSize { fixed: 8 * LANES as u64 * (ROWS as u64 + states + made), ..ScratchSize::default() },
    };
    let scan = Recursion::new(sections.to_vec(), axis, block as i64, extent as i64, (start, reverse));
    Stage { contract, work: Work::Scan(Box::new(scan)) }
}

#[cfg(test)]
#[path = "butterworth_tests.rs"]
mod tests;
