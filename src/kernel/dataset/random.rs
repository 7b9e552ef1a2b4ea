//! `random`: numbers drawn anew for every element.
//!
//! Owns the distributions. Each number follows from the seed and the element's index alone, so that no tile, thread or
//! instruction set shows. Refuses to know where the bits come from (see `splitmix`).

use super::splitmix::splitmix;
use crate::array::{ArraySpec, DType, Region, View, ViewMut, contiguous_strides, row_starts, write_f64};
use crate::kernel::{
    Access, BindError, Contract, Family, Kernel, KernelError, KernelInfo, Kind, Map, Order, ParamInfo, Params, Scratch,
    ScratchSize, Sink, Stage, StateSize, Variant, Work, Write,
};

/// The table entry of `random`.
pub const RANDOM: KernelInfo = KernelInfo {
    name: "random",
    family: Family::Dataset,
    summary: "random numbers in the shape of an array, each by its index and a seed",
    doc: "Shape and axis names of the input, whose elements are not read. dtype: floats keep theirs, integers up to 16 bits \
          and bool give f32, wider ones f64; complex is refused. Element i in C order comes from output i of SplitMix64 begun \
          with the seed: `uniform` takes its highest bits (53 for f64, 24 for f32, 11 for f16, 8 for bf16) as a number from 0 \
          on and below 1 and scales it from `low` to `high`; `normal` takes the quantile (Wichura's AS 241) of the middle of \
          one of 2^53 equal parts. For noise: `expr` adds it, times what is wanted. One sweep that reads nothing.",
    params: &[
        ParamInfo {
            name: "distribution",
            kind: Kind::Choice(&["uniform", "normal"]),
            default: Some("uniform"),
            doc: "uniform between low and high, or normal with mean and std",
        },
        ParamInfo {
            name: "seed",
            kind: Kind::Int { min: 0, max: i64::MAX },
            default: Some("0"),
            doc: "another number, other values",
        },
        ParamInfo { name: "low", kind: FINITE, default: Some("0"), doc: "least value (uniform)" },
        ParamInfo { name: "high", kind: FINITE, default: Some("1"), doc: "upper end, not reached (uniform)" },
        ParamInfo { name: "mean", kind: FINITE, default: Some("0"), doc: "mean (normal)" },
        ParamInfo {
            name: "std",
            kind: Kind::Float { min: 0.0, max: f64::MAX },
            default: Some("1"),
            doc: "standard deviation (normal)",
        },
    ],
    example: "[[step]]\nkernel = \"random\"\ndistribution = \"normal\"\nseed = 7",
    parse,
};

const FINITE: Kind = Kind::Float { min: f64::MIN, max: f64::MAX };

/// Elements that are made at a time.
const CHUNK: usize = 1024;

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let number = |name: &str, unset: f64| params.float(name).unwrap_or(unset);
    let normal = params.text("distribution") == Some("normal");
    let foreign: &[&str] = if normal { &["low", "high"] } else { &["mean", "std"] };
    if let Some(name) = foreign.iter().find(|name| params.get(name).is_some()) {
        let (this, other) = if normal { ("normal", "uniform") } else { ("uniform", "normal") };
        let message = format!("{name} belongs to the distribution \"{other}\", this is \"{this}\"");
        return Err(BindError::param(*name, message).help(format!("distribution = \"{other}\", or leave {name} out")));
    }
    let (low, high) = (number("low", 0.0), number("high", 1.0));
    if low > high {
        return Err(BindError::param("high", format!("high = {high} is below low = {low}")));
    }
    let draw = match normal {
        true => Draw::Normal { mean: number("mean", 0.0), std: number("std", 1.0) },
        false => Draw::Uniform { low, high },
    };
    Ok(Box::new(Random { seed: params.int("seed").unwrap_or(0) as u64, draw }))
}

#[derive(Clone, Copy, Debug)]
enum Draw {
    Uniform { low: f64, high: f64 },
    Normal { mean: f64, std: f64 },
}

#[derive(Clone, Copy, Debug)]
struct Random {
    seed: u64,
    draw: Draw,
}

impl Kernel for Random {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("random takes one array, {} were given", inputs.len())));
        };
        if input.dtype.is_complex() {
            return Err(crate::kernel::reduce::complex("random", input.dtype));
        }
        let spec = input.as_dtype(input.dtype.real());
        let contract = Contract {
            domain: spec.shape.clone(),
            anchor: vec![1; spec.rank()],
            order: Order::Any,
            reads: vec![],
            writes: vec![Write { sink: Sink::Output(0), spec: spec.clone(), access: Access::point(spec.rank()) }],
            state: StateSize::default(),
            scratch: ScratchSize { fixed: 8 * CHUNK as u64 + 64, ..ScratchSize::default() },
        };
        let strides = contiguous_strides(&spec.shape);
        let work = Work::Map(Box::new(Make { random: *self, strides }));
        Ok(vec![Variant { name: "by index", stages: vec![Stage { contract, work }] }])
    }
}

#[derive(Debug)]
struct Make {
    random: Random,
    /// From an index to the number of its element.
    strides: Vec<usize>,
}

impl Make {
    /// Element `i` of an array of this dtype.
    #[inline(always)]
    fn element(&self, dtype: DType, i: u64) -> f64 {
        let bits = splitmix(self.random.seed, i);
        match self.random.draw {
            Draw::Uniform { low, high } => {
                let kept = match dtype {
                    DType::F16 => 11,
                    DType::BF16 => 8,
                    DType::F32 => 24,
                    _ => 53,
                };
                let share = (bits >> (64 - kept)) as f64 / (1u64 << kept) as f64;
                low + (high - low) * share
            }
            Draw::Normal { mean, std } => {
                let share = ((bits >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
                mean + std * normal_quantile(share)
            }
        }
    }
}

impl Map for Make {
    fn keeps_when_grown(&self, axis: usize) -> bool {
        // Along any other axis the numbers of all elements move on.
        axis == 0
    }

    fn map(
        &self,
        core: &Region,
        _: &[View],
        outputs: &mut [ViewMut],
        scratch: &mut Scratch,
    ) -> Result<(), KernelError> {
        let [out] = outputs else { return Err(KernelError::new("random writes one array")) };
        if core.is_empty() {
            return Ok(());
        }
        let (dtype, shape) = (out.dtype(), core.shape());
        let size = dtype.size();
        let base: u64 = core.start.iter().zip(&self.strides).map(|(s, d)| s * *d as u64).sum();
        let row = shape.last().map_or(1, |n| *n as usize);
        let numbers = scratch.take::<f64>(CHUNK)?;
        let mut rows = out.bytes().chunks_exact_mut(row * size);
        for at in row_starts(&shape, &self.strides) {
            let Some(to) = rows.next() else { break };
            for (c, to) in to.chunks_mut(CHUNK * size).enumerate() {
                let numbers = &mut numbers[..to.len() / size];
                let first = base + (at + c * CHUNK) as u64;
                numbers.iter_mut().zip(first..).for_each(|(x, i)| *x = self.element(dtype, i));
                // Floats have a value for everything.
                let _ = write_f64(dtype, numbers, to);
            }
        }
        Ok(())
    }
}

/// Coefficients of numerators and denominators: around the middle, further out, and far out.
const A: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const B: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const C: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const D: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const E: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const F: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_7e-15,
];

/// The number below which a share `p` of the standard normal distribution lies, for 0 < p < 1, to about 1e-16 of itself:
/// M. J. Wichura, "Algorithm AS 241", Applied Statistics 37 (1988), PPND16.
fn normal_quantile(p: f64) -> f64 {
    let horner = |c: &[f64; 8], x: f64| c.iter().rev().fold(0.0, |sum, c| sum * x + c);
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * horner(&A, r) / horner(&B, r);
    }
    let r = libm::sqrt(-libm::log(if q < 0.0 { p } else { 1.0 - p }));
    let x =
        if r <= 5.0 { horner(&C, r - 1.6) / horner(&D, r - 1.6) } else { horner(&E, r - 5.0) / horner(&F, r - 5.0) };
    if q < 0.0 { -x } else { x }
}

#[cfg(test)]
mod tests {
    use super::normal_quantile;

    #[test]
    fn quantiles_of_the_normal_distribution() {
        // Published values: 97.5 %, one standard deviation, and far out on the left.
        let known = [
            (0.5, 0.0),
            (0.975, 1.959963984540054),
            (0.841_344_746_068_542_9, 1.0),
            (0.99, 2.3263478740408408),
            (1e-10, -6.361340902404056),
            (1e-300, -37.0470962993612),
        ];
        for (p, x) in known {
            assert!((normal_quantile(p) - x).abs() <= 1e-11 * x.abs().max(1e-4), "{p}: {} for {x}", normal_quantile(p));
            if p > 1e-5 {
                assert!((normal_quantile(1.0 - p) + x).abs() <= 1e-11 * x.abs().max(1e-4), "1 - {p}");
            }
        }
    }
}
