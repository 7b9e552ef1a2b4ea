//! What integration tests share: arrays in memory, files made from them, pipelines run over them.
//!
//! Owns encoders and a writer of `.npy` that share no code with the library, so that a test never
//! checks the library against itself. Refuses to know kernels.

use std::path::{Path, PathBuf};
use tilewise::array::{DType, Endian, Order};
use tilewise::engine::{Cancel, Observer, RunOptions};
use tilewise::job::{Done, Job, JobError, JobOptions};
use tilewise::pipeline::Pipeline;

/// The exact worth of an element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Num {
    Int(i128),
    Real(f64),
    Complex(f64, f64),
}

impl Num {
    pub fn f64(self) -> f64 {
        match self {
            Num::Int(i) => i as f64,
            Num::Real(x) | Num::Complex(x, _) => x,
        }
    }

    /// The whole number, of an integer or a truth value.
    pub fn int(self) -> i128 {
        match self {
            Num::Int(i) => i,
            other => panic!("{other:?} is no whole number"),
        }
    }
}

/// An array in memory: dense, C order, native byte order.
#[derive(Clone, PartialEq, Eq)]
pub struct Data {
    pub dtype: DType,
    pub shape: Vec<u64>,
    pub axes: Option<String>,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let first: Vec<Num> = self.nums().into_iter().take(40).collect();
        write!(f, "{} {:?} {:?} {first:?}", self.dtype, self.shape, self.axes)
    }
}

impl Data {
    /// The nearest value of the dtype for each number; see [`encode`].
    pub fn new(dtype: DType, shape: &[u64], nums: &[Num]) -> Data {
        assert_eq!(shape.iter().product::<u64>(), nums.len() as u64, "{shape:?}");
        let bytes = nums.iter().flat_map(|n| encode(dtype, *n)).collect();
        Data { dtype, shape: shape.to_vec(), axes: None, bytes }
    }

    pub fn reals(dtype: DType, shape: &[u64], values: &[f64]) -> Data {
        Data::new(dtype, shape, &values.iter().map(|x| Num::Real(*x)).collect::<Vec<_>>())
    }

    /// The same array with names for its axes.
    pub fn named(mut self, axes: &str) -> Data {
        self.axes = Some(axes.to_string());
        self
    }

    pub fn nums(&self) -> Vec<Num> {
        self.bytes.chunks_exact(self.dtype.size()).map(|b| decode(self.dtype, b)).collect()
    }

    pub fn f64s(&self) -> Vec<f64> {
        self.nums().into_iter().map(Num::f64).collect()
    }

    /// The bytes of an `.npy` file as NumPy writes it, in the order and byte order asked for.
    pub fn npy(&self, order: Order, endian: Endian) -> Vec<u8> {
        let code = match self.dtype {
            DType::Bool => "b1".into(),
            DType::BF16 => "V2".into(),
            d if d.is_complex() => format!("c{}", d.size()),
            d if d.is_float() => format!("f{}", d.size()),
            d => format!("{}{}", if d.is_signed() { 'i' } else { 'u' }, d.size()),
        };
        let mark = if endian == Endian::Big { '>' } else { '<' };
        let extents: String = self.shape.iter().map(|n| format!("{n}, ")).collect();
        let fortran = if order == Order::F { "True" } else { "False" };
        let mut text = format!("{{'descr': '{mark}{code}', 'fortran_order': {fortran}, 'shape': ({extents}), }}");
        text = text.replace(", )", if self.shape.len() == 1 { ",)" } else { ")" });
        while (10 + text.len() + 1) % 64 != 0 {
            text.push(' ');
        }
        text.push('\n');
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((text.len() as u16).to_le_bytes());
        file.extend(text.as_bytes());
        file.extend(self.stored(order, endian));
        file
    }

    /// The elements alone, in the order and byte order asked for.
    pub fn stored(&self, order: Order, endian: Endian) -> Vec<u8> {
        let (rank, size) = (self.shape.len(), self.dtype.size());
        let mut out = Vec::with_capacity(self.bytes.len());
        for i in 0..self.bytes.len() / size {
            let mut from = i;
            if order == Order::F {
                // The i-th stored element has its fastest index first.
                let (mut rest, mut index) = (i as u64, vec![0; rank]);
                for (i, n) in index.iter_mut().zip(&self.shape) {
                    *i = rest % n;
                    rest /= n;
                }
                from = flat(&self.shape, &index);
            }
            let mut element = self.bytes[from * size..(from + 1) * size].to_vec();
            if endian != Endian::NATIVE {
                element.chunks_exact_mut(self.dtype.swap_unit()).for_each(<[u8]>::reverse);
            }
            out.extend(element);
        }
        out
    }
}

/// The line that declares an input whose file is `name`: what the file cannot say of itself is said.
pub fn input(key: &str, name: &str, data: &Data) -> String {
    let axes = data.axes.as_ref().map_or(String::new(), |a| format!(", axes = \"{a}\""));
    // NumPy has no name for it.
    let dtype = if data.dtype == DType::BF16 { ", dtype = \"bf16\"" } else { "" };
    format!("{key} = {{ path = \"{name}\"{dtype}{axes} }}\n")
}

/// The position in C order.
pub fn flat(shape: &[u64], index: &[u64]) -> usize {
    index.iter().zip(shape).fold(0, |at, (i, n)| at * *n as usize + *i as usize)
}

/// Every index of a shape, in C order.
pub fn indices(shape: &[u64]) -> Vec<Vec<u64>> {
    let mut all = vec![vec![]];
    for n in shape {
        all = all.into_iter().flat_map(|i: Vec<u64>| (0..*n).map(move |k| [&i[..], &[k]].concat())).collect();
    }
    all
}

/// What the bytes of an element are worth.
pub fn decode(dtype: DType, b: &[u8]) -> Num {
    macro_rules! of {
        ($T:ty) => {
            <$T>::from_ne_bytes(b.try_into().unwrap())
        };
    }
    match dtype {
        DType::Bool => Num::Int(i128::from(b[0] != 0)),
        DType::U8 => Num::Int(of!(u8).into()),
        DType::U16 => Num::Int(of!(u16).into()),
        DType::U32 => Num::Int(of!(u32).into()),
        DType::U64 => Num::Int(of!(u64).into()),
        DType::I8 => Num::Int(of!(i8).into()),
        DType::I16 => Num::Int(of!(i16).into()),
        DType::I32 => Num::Int(of!(i32).into()),
        DType::I64 => Num::Int(of!(i64).into()),
        DType::F16 => Num::Real(value16(of!(u16), 10)),
        DType::BF16 => Num::Real(value16(of!(u16), 7)),
        DType::F32 => Num::Real(of!(f32).into()),
        DType::F64 => Num::Real(of!(f64)),
        DType::C64 | DType::C128 => {
            let part = if dtype == DType::C64 { DType::F32 } else { DType::F64 };
            let (re, im) = b.split_at(part.size());
            Num::Complex(decode(part, re).f64(), decode(part, im).f64())
        }
    }
}

/// The nearest value of the dtype, ties to even, NaN canonical; integers saturate. NaN has no
/// integer.
pub fn encode(dtype: DType, num: Num) -> Vec<u8> {
    macro_rules! int {
        ($T:ty) => {{
            let i = match num {
                Num::Int(i) => i.clamp(<$T>::MIN.into(), <$T>::MAX.into()) as $T,
                Num::Real(x) | Num::Complex(x, _) => {
                    assert!(!x.is_nan(), "NaN is no {dtype}");
                    x.round_ties_even() as $T
                }
            };
            i.to_ne_bytes().to_vec()
        }};
    }
    let part = |d: DType| {
        let (re, im) = if let Num::Complex(re, im) = num { (Num::Real(re), im) } else { (num, 0.0) };
        [encode(d, re), encode(d, Num::Real(im))].concat()
    };
    match dtype {
        DType::Bool => vec![u8::from(num.f64() != 0.0)],
        DType::U8 => int!(u8),
        DType::U16 => int!(u16),
        DType::U32 => int!(u32),
        DType::U64 => int!(u64),
        DType::I8 => int!(i8),
        DType::I16 => int!(i16),
        DType::I32 => int!(i32),
        DType::I64 => int!(i64),
        DType::F16 => nearest16(num, 10).to_ne_bytes().to_vec(),
        DType::BF16 => nearest16(num, 7).to_ne_bytes().to_vec(),
        DType::F32 => match num {
            Num::Int(i) => (i as f32).to_ne_bytes().to_vec(),
            _ if num.f64().is_nan() => 0x7fc0_0000u32.to_ne_bytes().to_vec(),
            _ => (num.f64() as f32).to_ne_bytes().to_vec(),
        },
        DType::F64 if num.f64().is_nan() => 0x7ff8_0000_0000_0000u64.to_ne_bytes().to_vec(),
        DType::F64 => num.f64().to_ne_bytes().to_vec(),
        DType::C64 => part(DType::F32),
        DType::C128 => part(DType::F64),
    }
}

/// What 16 bits are worth as a float with so many bits of fraction.
fn value16(bits: u16, fraction: i32) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let top = (1 << (15 - fraction)) - 1;
    let (exponent, part) = (i32::from(bits >> fraction) & top, f64::from(bits & ((1 << fraction) - 1)));
    let part = part * 2f64.powi(-fraction);
    match exponent {
        e if e == top && part == 0.0 => sign * f64::INFINITY,
        e if e == top => f64::NAN,
        0 => sign * part * 2f64.powi(1 - top / 2),
        e => sign * (1.0 + part) * 2f64.powi(e - top / 2),
    }
}

/// The nearest of the 16-bit floats, found among all of them.
fn nearest16(num: Num, fraction: i32) -> u16 {
    let infinity = ((1u16 << (15 - fraction)) - 1) << fraction;
    // The number as a sum of two f64, because a large integer is not one.
    let (high, low) = match num {
        Num::Int(i) => (i as f64, (i - i as f64 as i128) as f64),
        _ => (num.f64(), 0.0),
    };
    if high.is_nan() {
        return infinity | 1 << (fraction - 1);
    }
    let sign = if high.is_sign_negative() { 1 << 15 } else { 0 };
    let (high, low) = if sign > 0 { (-high, -low) } else { (high, low) };
    if high.is_infinite() {
        return sign | infinity;
    }
    // Where the exponent would go on, so that what is nearer to that becomes infinite.
    let worth = |bits: u16| {
        if bits == infinity { 2.0 * 2f64.powi((1 << (14 - fraction)) - 1) } else { value16(bits, fraction) }
    };
    let (mut at, mut above) = (0, infinity + 1);
    while above - at > 1 {
        let middle = at + (above - at) / 2;
        if worth(middle) - high <= low { at = middle } else { above = middle }
    }
    let (down, up) = (high - worth(at) + low, worth((at + 1).min(infinity)) - high - low);
    let bits = if at < infinity && (down > up || (down == up && at % 2 == 1)) { at + 1 } else { at };
    sign | bits
}

/// A folder for the files of a test, gone with it.
pub struct Folder(tempfile::TempDir);

impl Folder {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes `name` as NumPy would.
    pub fn npy(&self, name: &str, data: &Data) {
        std::fs::write(self.join(name), data.npy(Order::C, Endian::NATIVE)).unwrap();
    }

    /// The names of all files, sorted.
    pub fn names(&self) -> Vec<String> {
        let list = std::fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> = list.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Options of a job whose paths are relative to this folder, replacing what is there. No records beside
    /// outputs: these tests are about arrays, and about what else is left of a run.
    pub fn options(&self) -> JobOptions {
        let usual = JobOptions { threads: Some(2), overwrite: true, record: false, ..JobOptions::default() };
        JobOptions { base: self.path().to_path_buf(), ..usual }
    }

    /// Plans a pipeline file's text.
    pub fn prepare(&self, text: &str, options: &JobOptions) -> Result<Job, JobError> {
        let pipeline = Pipeline::parse(text).map_err(JobError::from)?;
        Job::prepare(&pipeline, options)
    }

    /// Runs a pipeline file's text and gives its outputs, read back from their files.
    pub fn run(&self, text: &str, options: &JobOptions) -> Result<Vec<Data>, JobError> {
        let job = self.prepare(text, options)?;
        Ok(self.outputs(&self.finish(job, &[])?))
    }

    /// Runs a job without flushing to the disk.
    pub fn finish(&self, job: Job, observers: &[&dyn Observer]) -> Result<Done, JobError> {
        let run = RunOptions { sync: false, cancel: Cancel::default() };
        job.run(&run, observers).map(|(done, _)| done)
    }

    /// The outputs of a finished run, in C order and native byte order as they were written.
    pub fn outputs(&self, done: &Done) -> Vec<Data> {
        let read = |o: &tilewise::plan::ProblemOutput| {
            let file = std::fs::read(self.join(&o.path)).unwrap();
            let data = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
            let (dtype, shape) = (o.spec.dtype, o.spec.shape.clone());
            let bytes = file[data..].to_vec();
            assert_eq!(bytes.len() as u64, shape.iter().product::<u64>() * dtype.size() as u64, "{}", o.path);
            Data { dtype, shape, axes: o.spec.axis_names(), bytes }
        };
        done.problem.outputs.iter().map(read).collect()
    }
}

/// Numbers that look random: a linear congruential generator.
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Noise {
        Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    pub fn bits(&mut self) -> u64 {
        let mut next = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0 >> 32
        };
        next() << 32 | next()
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }

    /// From 0 to 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Values that every dtype holds well: truth values; small whole numbers; multiples of 1/4.
pub fn tame(dtype: DType, shape: &[u64], seed: u64) -> Data {
    let mut noise = Noise::new(seed);
    let n = shape.iter().product::<u64>();
    let mut one = || match dtype {
        DType::Bool => noise.below(2) as f64,
        d if d.is_integer() && !d.is_signed() => noise.below(100) as f64,
        d if d.is_integer() => noise.below(100) as f64 - 50.0,
        _ => (noise.below(400) as f64 - 200.0) / 4.0,
    };
    Data::reals(dtype, shape, &(0..n).map(|_| one()).collect::<Vec<_>>())
}

/// Values anywhere in the range of a dtype, with its ends, and for floats NaN, infinities, both
/// zeros and the smallest there are.
pub fn wild(dtype: DType, shape: &[u64], seed: u64) -> Data {
    let mut noise = Noise::new(seed);
    let size = dtype.size();
    let mut data = tame(dtype, shape, seed + 1);
    let specials = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e-310, -1e-45, 6e-8, 65504.0, 3.4e38];
    for element in data.bytes.chunks_exact_mut(size).filter(|_| dtype != DType::Bool) {
        let special = Num::Real(specials[noise.below(10) as usize]);
        let any = noise.bits().to_ne_bytes();
        let new = match noise.below(8) {
            0 if !dtype.is_integer() => encode(dtype, special),
            0 => encode(dtype, Num::Int(if noise.below(2) == 0 { i128::MIN } else { i128::MAX })),
            1..4 if dtype.is_integer() => any[..size].to_vec(),
            1..3 => encode(dtype, Num::Real((noise.unit() - 0.5) * 10f64.powi(noise.below(12) as i32 - 6))),
            _ => continue,
        };
        element.copy_from_slice(&new);
    }
    data
}

/// Floats with all their digits over some decades, so that another order of additions shows in the
/// last one (of f64: narrower ones are added exactly, near enough). Other dtypes as [`tame`].
pub fn fine(dtype: DType, shape: &[u64], seed: u64) -> Data {
    if !dtype.is_float() {
        return tame(dtype, shape, seed);
    }
    let mut noise = Noise::new(seed);
    let mut one = |_| (noise.unit() - 0.5) * 10f64.powi(noise.below(5) as i32);
    Data::reals(dtype, shape, &(0..shape.iter().product::<u64>()).map(&mut one).collect::<Vec<_>>())
}
