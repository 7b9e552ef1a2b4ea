//! `cast`: an array as another dtype. Owns its parameters; the loops are in `convert`.

use super::convert::{Overflow, convert};
use super::pointwise::{self, Rows};
use crate::array::{ArraySpec, DType};
use crate::kernel::{BindError, Family, Kernel, KernelInfo, Kind, ParamInfo, Params, Variant};

pub const INFO: KernelInfo = KernelInfo {
    name: "cast",
    family: Family::Math,
    summary: "the same values as another dtype",
    doc: "Any shape and dtype; the result has the shape and axis names of the input. Floats become integers by \
          rounding half to even (NumPy's astype cuts them off); values beyond the range take its nearest end, or are \
          an error with overflow = \"error\". Floats beyond the range of a narrower float become infinite, or an \
          error. NaN as an integer is always an error that names the place. Integers pass exactly. As bool: whether \
          the value differs from 0 (NaN does). Real to complex has no imaginary part; complex to real is refused. \
          One pass at the speed of memory.",
    params: &[
        ParamInfo { name: "dtype", kind: Kind::DType, default: None, doc: "dtype of the result" },
        ParamInfo {
            name: "overflow",
            kind: Kind::Choice(&["saturate", "error"]),
            default: Some("saturate"),
            doc: "what a value beyond the range becomes: its nearest end, or an error",
        },
    ],
    example: "[[step]]\nkernel = \"cast\"\ndtype = \"u8\"",
    parse,
};

#[derive(Debug)]
struct Cast {
    dtype: DType,
    overflow: Overflow,
}

fn parse(params: &Params) -> Result<Box<dyn Kernel>, BindError> {
    let Some(dtype) = params.dtype("dtype") else {
        return Err(BindError::param("dtype", "cast needs a dtype"));
    };
    let overflow = if params.text("overflow") == Some("error") { Overflow::Error } else { Overflow::Saturate };
    Ok(Box::new(Cast { dtype, overflow }))
}

impl Kernel for Cast {
    fn bind(&self, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
        let [input] = inputs else {
            return Err(BindError::new(format!("cast takes one array, {} were given", inputs.len())));
        };
        let (from, to) = (input.dtype, self.dtype);
        if from.is_complex() && !to.is_complex() && to != DType::Bool {
            let message = format!("{from} cannot be cast to {to}: a complex number is not a real one");
            return Err(BindError::param("dtype", message).help("cast to c64 or c128"));
        }
        Ok(pointwise::variant(input, to, CastRows { from, to, overflow: self.overflow }))
    }
}

#[derive(Debug)]
struct CastRows {
    from: DType,
    to: DType,
    overflow: Overflow,
}

impl Rows for CastRows {
    fn run(&self, input: &[u8], output: &mut [u8]) -> Result<(), (usize, String)> {
        convert(self.from, input, self.to, output, self.overflow).map_err(|m| (m.at, m.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{Bool, Element};
    use crate::kernel::trial::{Array, run};
    use crate::kernel::{KernelError, Value};
    use half::{bf16, f16};
    use num_complex::{Complex32, Complex64};

    fn bind(to: DType, overflow: &str, input: &Array) -> Result<Vec<Variant>, BindError> {
        let given = [("dtype", to.name()), ("overflow", overflow)].map(|(k, v)| (k.to_string(), Value::Str(v.into())));
        (INFO.parse)(&Params::check(INFO.params, &given)?)?.bind(std::slice::from_ref(&input.spec))
    }

    fn cast(to: DType, overflow: &str, input: &Array) -> Result<Array, KernelError> {
        let variants = bind(to, overflow, input).unwrap();
        let whole = run(&variants[0], std::slice::from_ref(input), &vec![1 << 20; input.spec.rank()])?.remove(0);
        let tile: Vec<u64> = input.spec.shape.iter().map(|_| 2).collect();
        assert_eq!(run(&variants[0], std::slice::from_ref(input), &tile)?[0].bytes(), whole.bytes());
        Ok(whole)
    }

    /// What an element is worth: exactly as a whole number, or as f64.
    fn worth(a: &Array) -> Vec<(Option<i128>, f64)> {
        macro_rules! ints {
            ($T:ty) => {
                a.data::<$T>().iter().map(|x| (Some(*x as i128), *x as f64)).collect()
            };
        }
        macro_rules! floats {
            ($T:ty) => {
                a.data::<$T>().iter().map(|x| (None, f64::from(*x))).collect()
            };
        }
        match a.spec.dtype {
            DType::Bool => {
                a.data::<Bool>().iter().map(|x| (Some(i128::from(x.get())), f64::from(u8::from(x.get())))).collect()
            }
            DType::U8 => ints!(u8),
            DType::U16 => ints!(u16),
            DType::U32 => ints!(u32),
            DType::U64 => ints!(u64),
            DType::I8 => ints!(i8),
            DType::I16 => ints!(i16),
            DType::I32 => ints!(i32),
            DType::I64 => ints!(i64),
            DType::F16 => floats!(f16),
            DType::BF16 => floats!(bf16),
            DType::F32 => floats!(f32),
            DType::F64 => floats!(f64),
            DType::C64 => a.data::<Complex32>().iter().map(|z| (None, f64::from(z.re))).collect(),
            DType::C128 => a.data::<Complex64>().iter().map(|z| (None, z.re)).collect(),
        }
    }

    fn samples() -> Vec<Array> {
        fn one<T: Element>(v: &[T]) -> Array {
            Array::from(&[2, v.len() as u64 / 2], v)
        }
        let reals = [
            0.0,
            -0.0,
            0.5,
            1.5,
            -2.5,
            254.5,
            65519.0,
            65520.0,
            1e5,
            -3e9,
            9.3e18,
            1e19,
            3e38,
            -1e300,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        let f32s = reals.map(|x| x as f32);
        vec![
            one(&[Bool(0), Bool(1), Bool(9), Bool(0)]),
            one(&[0u8, 1, 127, 128, 254, 255]),
            one(&[0u16, 255, 256, 32768, 65535, 7]),
            one(&[0u32, 65536, 1 << 31, u32::MAX]),
            one(&[0u64, 1 << 53, (1 << 53) + 1, 1 << 63, u64::MAX, (1 << 62) + (1 << 54) + 1]),
            one(&[0i8, -1, 127, -128]),
            one(&[0i16, -129, i16::MAX, i16::MIN]),
            one(&[0i32, -32769, i32::MAX, i32::MIN]),
            one(&[0i64, -(1 << 53) - 1, i64::MAX, i64::MIN, (1 << 53) + 1, -1]),
            one(&reals.map(f16::from_f64)),
            one(&reals.map(bf16::from_f64)),
            one(&f32s),
            one(&reals),
            one(&f32s.map(|x| Complex32::new(x, 2.0))),
            one(&reals.map(|x| Complex64::new(x, -1.0))),
        ]
    }

    fn range(dtype: DType) -> (i128, i128) {
        let bits = dtype.size() as u32 * 8;
        if dtype.is_signed() { (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) }
    }

    #[test]
    fn every_pair_matches_a_plain_loop() {
        for input in samples() {
            for to in DType::ALL {
                if input.spec.dtype.is_complex() && !to.is_complex() {
                    continue;
                }
                let (was, out) = (worth(&input), cast(to, "saturate", &input).unwrap());
                for ((exact, real), (got, got_real)) in was.into_iter().zip(worth(&out)) {
                    let want = exact.unwrap_or(real.round_ties_even() as i128);
                    match to {
                        DType::Bool => assert_eq!(got, Some(i128::from(real != 0.0))),
                        _ if to.is_integer() => {
                            let (lo, hi) = range(to);
                            assert_eq!(got, Some(want.clamp(lo, hi)), "{} {real} as {to}", input.spec.dtype);
                        }
                        DType::F64 | DType::C128 => assert_eq!(got_real, real),
                        DType::F32 | DType::C64 => {
                            assert_eq!(got_real as f32, exact.map_or(real as f32, |i| i as f32));
                        }
                        _ => {
                            // No value of the narrow float is nearer.
                            let (up, down) = neighbours(to, got_real);
                            let gap = |y: f64| (y - real).abs();
                            assert!(
                                got_real == real || got_real.is_infinite() || gap(got_real) <= gap(up).min(gap(down))
                            );
                            let most = if to == DType::F16 { 65520.0 } else { 3.396e38 };
                            assert_eq!(got_real.is_infinite(), real.abs() >= most, "{real} as {to}");
                        }
                    }
                }
            }
        }
    }

    fn neighbours(dtype: DType, x: f64) -> (f64, f64) {
        let around = |bits: u16, make: fn(u16) -> f64| (make(bits.wrapping_add(1)), make(bits.wrapping_sub(1)));
        let (up, down) = match dtype {
            DType::F16 => around(f16::from_f64(x).to_bits(), |b| f16::from_bits(b).to_f64()),
            _ => around(bf16::from_f64(x).to_bits(), |b| bf16::from_bits(b).to_f64()),
        };
        (if up.is_nan() { f64::INFINITY } else { up }, if down.is_nan() { f64::INFINITY } else { down })
    }

    #[test]
    fn values_that_do_not_fit_are_named() {
        let nan = Array::from(&[2, 3], &[1.0, 2.0, 3.0, 4.0, f64::NAN, f64::NAN]);
        for to in [DType::U8, DType::I64] {
            let error = cast(to, "saturate", &nan).unwrap_err();
            assert_eq!((error.at, error.message.contains("NaN")), (Some(vec![1, 1]), true));
        }
        assert_eq!(cast(DType::Bool, "error", &nan).unwrap().data::<Bool>()[4].0, 1);
        for (input, to) in [
            (Array::from(&[2], &[255.4f32, 255.5]), DType::U8),
            (Array::from(&[2], &[-0.4f64, -0.6]), DType::U64),
            (Array::from(&[2], &[9.2e18f32, 9_223_372_036_854_775_808.0]), DType::I64),
            (Array::from(&[2], &[i64::MAX as u64, i64::MAX as u64 + 1]), DType::I64),
            (Array::from(&[2], &[0i8, -1]), DType::U32),
            (Array::from(&[2], &[65519.0f64, 65520.0]), DType::F16),
            (Array::from(&[2], &[3e38f64, 4e38]), DType::C64),
        ] {
            let error = cast(to, "error", &input).unwrap_err();
            assert_eq!((error.at, error.message.contains("does not fit")), (Some(vec![1]), true), "{}", error.message);
        }
        assert!(cast(DType::F32, "error", &Array::from(&[1], &[f64::INFINITY])).is_ok());
    }

    #[test]
    fn complex_numbers_keep_both_parts() {
        let z = Array::from(&[2], &[Complex64::new(1.5, -2.5), Complex64::new(0.0, 1.0)]);
        assert_eq!(cast(DType::C64, "error", &z).unwrap().data::<Complex32>()[0], Complex32::new(1.5, -2.5));
        assert_eq!(cast(DType::Bool, "error", &z).unwrap().data::<Bool>()[1].0, 1);
        assert!(bind(DType::F64, "error", &z).unwrap_err().message.contains("complex"));
        let many: Vec<u16> = (0..1000).collect();
        let c = cast(DType::C128, "error", &Array::from(&[1000], &many)).unwrap();
        assert!(c.data::<Complex64>().iter().enumerate().all(|(i, z)| *z == Complex64::new(i as f64, 0.0)));
    }

    #[test]
    fn nan_is_stored_canonical() {
        let nan = Array::from(&[1], &[f32::from_bits(0xffc0_1234)]);
        assert_eq!(cast(DType::F32, "error", &nan).unwrap().data::<f32>()[0].to_bits(), f32::NAN.to_bits());
        assert_eq!(cast(DType::F64, "error", &nan).unwrap().data::<f64>()[0].to_bits(), f64::NAN.to_bits());
        assert_eq!(cast(DType::F16, "error", &nan).unwrap().data::<f16>()[0].to_bits(), f16::NAN.to_bits());
        let half = Array::from(&[1], &[f16::from_bits(0xfe01)]);
        assert_eq!(cast(DType::F32, "error", &half).unwrap().data::<f32>()[0].to_bits(), f32::NAN.to_bits());
        assert_eq!(cast(DType::F16, "error", &half).unwrap().data::<f16>()[0].to_bits(), f16::NAN.to_bits());
        for shape in [&[][..], &[0], &[2, 0]] {
            let n: u64 = shape.iter().product();
            assert_eq!(
                cast(DType::U8, "error", &Array::from(shape, &vec![3.0f32; n as usize])).unwrap().bytes().len() as u64,
                n
            );
        }
    }
}
