//! Expressions against a slow evaluator of their own, element by element.

use super::ast::{Ast, Func, Node};
use super::parse::{NESTING_MAX, TEXT_BYTES_MAX, parse};
use super::*;
use crate::array::{Bool, Element};
use crate::kernel::trial::{Array, run};
use crate::kernel::{KernelError, Value};
use half::f16;
use proptest::prelude::*;

pub(super) fn kernel(text: &str, dtype: Option<&str>) -> Result<Box<dyn Kernel>, BindError> {
    let mut given = vec![("expr".to_string(), Value::Str(text.into()))];
    given.extend(dtype.map(|d| ("dtype".to_string(), Value::Str(d.into()))));
    (INFO.parse)(&Params::check(INFO.params, &given)?)
}

pub(super) fn bind(text: &str, inputs: &[ArraySpec]) -> Result<Vec<Variant>, BindError> {
    kernel(text, None)?.bind(inputs)
}

/// Runs with several tile shapes and demands the same bytes of all.
pub(super) fn eval_as(text: &str, dtype: Option<&str>, inputs: &[Array]) -> Result<Array, KernelError> {
    let specs: Vec<ArraySpec> = inputs.iter().map(|a| a.spec.clone()).collect();
    let variants = kernel(text, dtype).and_then(|k| k.bind(&specs)).unwrap_or_else(|e| panic!("{text}: {e}"));
    let domain = variants[0].stages[0].contract.domain.clone();
    let whole: Vec<u64> = domain.iter().map(|n| (*n).max(1)).collect();
    let out = run(&variants[0], inputs, &whole)?.remove(0);
    for tile in [vec![1; domain.len()], vec![3; domain.len()], (1..=domain.len() as u64).map(|a| 2 * a).collect()] {
        assert_eq!(run(&variants[0], inputs, &tile)?[0].bytes(), out.bytes(), "{text} in tiles of {tile:?}");
    }
    Ok(out)
}

pub(super) fn eval(text: &str, inputs: &[Array]) -> Array {
    eval_as(text, None, inputs).unwrap_or_else(|e| panic!("{text}: {e}"))
}

pub(super) fn one<T: Element>(values: &[T]) -> Array {
    Array::from(&[values.len() as u64], values)
}

/// Everything in parentheses, as a text that means the same.
fn print(ast: &Ast, id: usize) -> String {
    let arg = |args: &[usize], i: usize| print(ast, args[i]);
    match &ast.nodes[id] {
        Node::Bool(b) => if *b { "True" } else { "False" }.to_string(),
        Node::Int(i) => i.to_string(),
        Node::Float(bits) => match f64::from_bits(*bits) {
            f if f.is_nan() => "nan".into(),
            f if f.is_infinite() => "inf".into(),
            f => format!("{f:?}"),
        },
        Node::Name(k) => ast.names[*k].clone(),
        Node::Apply(Func::Not, args) => format!("(not {})", arg(args, 0)),
        Node::Apply(Func::Neg, args) => format!("(-{})", arg(args, 0)),
        Node::Apply(f, args)
            if f.name().starts_with(|c: char| c.is_alphabetic()) && !matches!(f, Func::And | Func::Or) =>
        {
            format!("{}({})", f.name(), (0..args.len()).map(|i| arg(args, i)).collect::<Vec<_>>().join(", "))
        }
        Node::Apply(f, args) => format!("({} {} {})", arg(args, 0), f.name(), arg(args, 1)),
    }
}

pub(super) fn shown(text: &str) -> String {
    let ast = parse(text).unwrap_or_else(|f| panic!("{text}: {}", f.message));
    print(&ast, ast.root)
}

#[test]
fn precedence_is_pythons() {
    for (text, means) in [
        ("-x**2", "(-(x ** 2))"),
        ("2**-x**2", "(2 ** (-(x ** 2)))"),
        ("a**b**c", "(a ** (b ** c))"),
        ("-a*b", "((-a) * b)"),
        ("a-b-c", "((a - b) - c)"),
        ("a/b//c%d*e", "((((a / b) // c) % d) * e)"),
        ("a + b * c < d | e & f", "((a + (b * c)) < (d or (e and f)))"),
        ("not a == b and c or d", "(((not (a == b)) and c) or d)"),
        ("a < b <= c", "((a < b) and (b <= c))"),
        ("~(a > 0) & (b > 0)", "((not (a > 0)) and (b > 0))"),
        ("where(x>.5, 1_000.5e-1, +x)", "where((x > 0.5), 100.05, x)"),
        ("(((x)))", "x"),
    ] {
        assert_eq!(shown(text), means, "{text}");
    }
    assert_eq!(variables("b + a * b - c").unwrap(), ["b", "a", "c"]);
}

#[test]
fn wrong_texts_say_where() {
    for (text, start, message) in [
        ("x + sqr(x)", 4, "unknown function \"sqr\""),
        ("x + ", 4, "ends where a value"),
        ("(x + 1", 0, "never closed"),
        ("x 1", 2, "expected an operator, found a number"),
        ("clip(x, 1)", 0, "clip takes 3 arguments, 2 given"),
        ("where(x = 1, x, 0)", 8, "found \"=\""),
        ("x ^ 2", 2, "found \"^\""),
        ("3x", 0, "\"3x\" is not a number"),
        ("x + 0x10", 4, "not a number"),
        ("x + 1e999", 4, "beyond the range"),
        ("x + 99999999999999999999", 4, "64-bit"),
        ("sqrt + x", 0, "is a function"),
        ("1 + 2", 0, "reads no array"),
        ("", 0, "ends where a value"),
        ("x[0]", 1, "unexpected character '['"),
        ("x + not y", 4, "not"),
    ] {
        let fault = parse(text).err().unwrap_or_else(|| panic!("{text} was accepted"));
        assert!(fault.message.contains(message), "{text}: {}", fault.message);
        assert_eq!(fault.span.start, start, "{text}");
    }
    let error = kernel("x + sqr(x)", None).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("expr"));
    assert_eq!(error.help.as_deref(), Some("did you mean sqrt?"));
    assert!(error.message.ends_with("at column 5 of the expression\n  x + sqr(x)\n      ^^^"), "{}", error.message);
}

#[test]
fn length_and_nesting_have_limits() {
    let deep = |n: usize| format!("{}x{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(&deep(NESTING_MAX)).is_ok());
    assert!(parse(&deep(NESTING_MAX + 1)).err().unwrap().message.contains("nested"));
    for text in ["-".repeat(9000), "not ".repeat(2000), "x**".repeat(3000), "sqrt(".repeat(1900), "~".repeat(9000)] {
        assert!(parse(&text).err().unwrap().message.contains("nested"));
    }
    let long = "x+".repeat(TEXT_BYTES_MAX / 2 - 1) + "x";
    let x = one(&[1i64, 2]);
    let sum = eval(&long, &[x]);
    assert_eq!(sum.data::<i64>(), [TEXT_BYTES_MAX as i64 / 2, TEXT_BYTES_MAX as i64]);
    assert!(parse(&(long + "+x")).err().unwrap().message.contains("bytes"));
    // Chains share their middles: nesting them does not double the work.
    let chain = (0..60).fold("x".to_string(), |s, _| format!("(1 < {s} < 3) * 2"));
    assert_eq!(eval(&chain, &[one(&[2u8])]).data::<i32>(), [2]);
}

/// The dtype of the result, or why there is none.
pub(super) fn result_of(text: &str, dtypes: &[DType]) -> Result<DType, BindError> {
    let specs: Vec<ArraySpec> = dtypes.iter().map(|d| ArraySpec::new(*d, &[3])).collect();
    bind(text, &specs).map(|v| v[0].stages[0].contract.writes[0].spec.dtype)
}

#[test]
fn dtypes_follow_the_arrays_read() {
    use DType::*;
    for (text, dtypes, result) in [
        ("a - b", vec![U16, U16], I32),
        ("(a - b) / 4096", vec![U16, U16], F32),
        ("a + b + a", vec![U16, I8], I32),
        ("a + b", vec![Bool, Bool], I32),
        ("a + 1", vec![U32], I64),
        ("a * b", vec![I32, U8], I64),
        ("a * b", vec![U64, U8], U64),
        ("a + 1", vec![U64], U64),
        ("a + -1", vec![U64], I64),
        ("a * b", vec![U64, I8], I64),
        ("-a", vec![U64], I64),
        ("-a", vec![U8], I32),
        ("2.5 * a", vec![U16], F32),
        ("2.5 * a", vec![I32], F64),
        ("a + 1e300", vec![F32], F32),
        ("a + b", vec![F32, U16], F32),
        ("a + b", vec![F32, I32], F64),
        ("a + b", vec![F16, BF16], F32),
        ("a * 3", vec![F16], F16),
        ("a * b", vec![F16, Bool], F16),
        ("(a > 0) * b", vec![F64, F32], F32),
        ("sqrt(a)", vec![U8], F32),
        ("exp(a)", vec![U64], F64),
        ("a ** 2", vec![U8], I32),
        ("a ** 7", vec![I64], I64),
        ("a ** -1", vec![U8], F32),
        ("a ** 0.5", vec![I32], F64),
        ("a < b", vec![U64, F32], Bool),
        ("isnan(a)", vec![U8], Bool),
        ("minimum(a, b)", vec![U8, U8], U8),
        ("minimum(a, b)", vec![U8, I8], I16),
        ("minimum(a, 7)", vec![U8], U8),
        ("minimum(a, 700)", vec![U8], I32),
        ("maximum(a, 0.5)", vec![U8], F32),
        ("where(a > 0, a, -1)", vec![U8], I32),
        ("where(a > 0, a, nan)", vec![U8], F32),
        ("where(a > 0, 1, 0)", vec![F64], I32),
        ("where(a > 0, 1.0, 0)", vec![F64], F64),
        ("where(a, 1.0, 0)", vec![Bool], F32),
        ("clip(a, -5, 300)", vec![U8], U8),
        ("clip(a, 0.5, 3)", vec![I16], I16),
        ("clip(a, 0, b)", vec![U8, F32], F32),
        ("abs(a)", vec![I8], I32),
        ("abs(a)", vec![U8], U8),
        ("floor(a)", vec![U16], U16),
        ("not a", vec![Bool], Bool),
        ("a", vec![BF16], BF16),
        ("a // b", vec![U8, U8], I32),
        ("a % 2.0", vec![U8], F32),
    ] {
        assert_eq!(result_of(text, &dtypes).map_err(|e| e.message), Ok(result), "{text} of {dtypes:?}");
    }
}

#[test]
fn values_without_a_common_meaning_are_refused() {
    use DType::*;
    for (text, dtypes, message) in [
        ("a + 5000000000", vec![U8], "does not fit i32"),
        ("a and b", vec![U8, Bool], "takes truth values"),
        ("a > 0 & b > 0", vec![U8, U8], "takes truth values"),
        ("where(a, 1, 2)", vec![F32], "takes truth values"),
        ("clip(a, 300, 400)", vec![U8], "no value of u8"),
        ("clip(a, 4, 3)", vec![F32], "bounds in order"),
        ("a + 1 // 0", vec![U8], "divided by zero"),
        ("a + 1", vec![C64], "real arrays"),
        ("a + b", vec![U8], "reads 2 arrays"),
    ] {
        let error = result_of(text, &dtypes).unwrap_err();
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert_eq!(error.param.as_deref(), Some("expr"));
    }
}

#[test]
fn reals_match_a_plain_loop() {
    let special = [0.0, -0.0, 1.0, -1.5, 2.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 1e-310, 7.0, -7.0];
    let n = 5000;
    let a: Vec<f64> = (0..n).map(|i| special[i % 12] * if i < 200 { 1.0 } else { i as f64 * 0.37 }).collect();
    let b: Vec<f64> = (0..n).map(|i| special[i / 12 % 12]).collect();
    type F = fn(f64, f64) -> f64;
    let cases: [(&str, F); 14] = [
        ("2 * a + b - 1", |a, b| 2.0 * a + b - 1.0),
        ("(a - b) / (a * b)", |a, b| (a - b) / (a * b)),
        ("-a ** 2", |a, _| -(a * a)),
        ("a ** b", libm::pow),
        ("exp(a) + log(b)", |a, b| libm::exp(a) + libm::log(b)),
        ("sqrt(abs(a)) * sign(b)", |a, b| a.abs().sqrt() * if b.is_nan() || b == 0.0 { b } else { b.signum() }),
        ("where(a < b, a, 3)", |a, b| if a < b { a } else { 3.0 }),
        ("where(isnan(a) or not isfinite(b), 0.25, a)", |a, b| if a.is_nan() || !b.is_finite() { 0.25 } else { a }),
        ("minimum(a, b)", |a, b| match a.total_cmp(&b) {
            _ if a.is_nan() || b.is_nan() => f64::NAN,
            std::cmp::Ordering::Less => a,
            _ => b,
        }),
        ("maximum(a, b)", |a, b| match a.total_cmp(&b) {
            _ if a.is_nan() || b.is_nan() => f64::NAN,
            std::cmp::Ordering::Greater => a,
            _ => b,
        }),
        ("clip(a, -1, 2)", |a, _| a.clamp(-1.0, 2.0)),
        ("round(a) + floor(b) * ceil(a)", |a, b| a.round_ties_even() + b.floor() * a.ceil()),
        ("a * (0 < b <= 2.5)", |a, b| a * f64::from(u8::from(0.0 < b && b <= 2.5))),
        ("tanh(a) - sin(b) * 1_0.5e-1", |a, b| libm::tanh(a) - libm::sin(b) * 1.05),
    ];
    for (text, f) in cases {
        let inputs: Vec<Array> = variables(text).unwrap().iter().map(|n| one(if n == "a" { &a } else { &b })).collect();
        let want: Vec<u64> =
            (0..n).map(|i| f(a[i], b[i])).map(|x| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }).collect();
        let specs: Vec<ArraySpec> = inputs.iter().map(|a| a.spec.clone()).collect();
        for tile in [n as u64, 1000, 77] {
            let got = run(&bind(text, &specs).unwrap()[0], &inputs, &[tile]).unwrap();
            let got: Vec<u64> = got[0].data::<f64>().iter().map(|x| x.to_bits()).collect();
            let wrong = (0..n).find(|i| got[*i] != want[*i]);
            assert_eq!(wrong.map(|i| (a[i], b[i], f64::from_bits(got[i]), f64::from_bits(want[i]))), None, "{text}");
        }
    }
}

#[test]
fn division_rounds_down_as_in_python() {
    let (a, b): (Vec<i32>, Vec<i32>) = (-9..10).flat_map(|a| [-4, -3, 1, 2, 5].map(|b| (a, b))).unzip();
    let floor = |a: i32, b: i32| (f64::from(a) / f64::from(b)).floor();
    let q: Vec<i64> = a.iter().zip(&b).map(|(a, b)| floor(*a, *b) as i64).collect();
    let r: Vec<i64> = (0..a.len()).map(|i| i64::from(a[i]) - q[i] * i64::from(b[i])).collect();
    assert_eq!(eval("a // b", &[one(&a), one(&b)]).data::<i64>(), q);
    assert_eq!(eval("a % b", &[one(&a), one(&b)]).data::<i64>(), r);
    let real = |v: &[i32]| one(&v.iter().map(|x| *x as f32 * 0.5).collect::<Vec<_>>());
    let q: Vec<f32> = q.iter().map(|x| *x as f32).collect();
    assert_eq!(eval("a // b", &[real(&a), real(&b)]).data::<f32>(), q);
    assert_eq!(
        eval("a % b", &[real(&a), real(&b)]).data::<f32>(),
        r.iter().map(|x| *x as f32 * 0.5).collect::<Vec<_>>()
    );
    let zero = [1.0f32, -1.0, 0.0];
    let q = eval("a // 0.0", &[one(&zero)]);
    assert_eq!(q.data::<f32>()[..2], [f32::INFINITY, f32::NEG_INFINITY]);
    assert!(q.data::<f32>()[2].is_nan() && eval("a % 0.0", &[one(&zero)]).data::<f32>()[0].is_nan());
}

#[test]
fn integers_never_wrap() {
    let mut values = vec![1u16; 6000];
    assert_eq!(eval("(a - 2) * (a + 3)", &[one(&values[..9])]).data::<i32>(), [-4; 9]);
    (values[4321], values[5000]) = (65535, 65535);
    let a = Array::from(&[60, 100], &values);
    for (text, message) in [
        ("a * a", "65535 * 65535 does not fit i32"),
        ("a ** 2", "65535 * 65535 does not fit i32"),
        ("a ** 3", "65535 ** 3 does not fit i32"),
        ("1 // (65535 - a)", "division by zero"),
    ] {
        let spec = a.spec.clone();
        let variants = bind(text, &[spec]).unwrap();
        let error = run(&variants[0], std::slice::from_ref(&a), &[60, 100]).unwrap_err();
        assert!(error.message.contains(message) && error.message.contains("column"), "{}", error.message);
        assert_eq!(error.at, Some(vec![43, 21]), "{text}");
        let error = run(&variants[0], std::slice::from_ref(&a), &[7, 13]).unwrap_err();
        assert_eq!(error.at, Some(vec![43, 21]), "{text}");
    }
    for (text, x) in [
        ("-(a - 1 - 9223372036854775807)", 0i64),
        ("a + a", i64::MAX),
        ("a - 2", i64::MIN + 1),
        ("abs(a)", i64::MIN),
        ("a * a", 1 << 40),
    ] {
        let error = eval_as(text, None, &[one(&[7, x])]).unwrap_err();
        assert_eq!(error.at, Some(vec![1]), "{text}: {error}");
    }
    for (text, x) in [("a - 1", 0u64), ("a + 1", u64::MAX), ("-a", 1 << 63), ("a * a", 1 << 32), ("a * -1", 1 << 63)] {
        let error = eval_as(text, None, &[one(&[7, x])]).unwrap_err();
        assert_eq!(error.at, Some(vec![1]), "{text}: {error}");
    }
    assert_eq!(eval("a * b", &[one(&[70000i32]), one(&[70000i32])]).data::<i64>(), [4_900_000_000]);
    assert_eq!(eval("a + 1", &[one(&[u64::MAX - 1])]).data::<u64>(), [u64::MAX]);
}

#[test]
fn comparisons_of_integers_are_exact() {
    let big = one(&[u64::MAX, 1 << 63, 0, 5]);
    let small = one(&[-1i64, i64::MAX, 0, 9]);
    let truth = |a: &Array| a.data::<Bool>().iter().map(|b| b.0).collect::<Vec<_>>();
    assert_eq!(truth(&eval("a > b", &[big.clone(), small.clone()])), [1, 1, 0, 0]);
    assert_eq!(truth(&eval("b <= a", &[small.clone(), big.clone()])), [1, 1, 1, 0]);
    assert_eq!(truth(&eval("b == a", &[small, big.clone()])), [0, 0, 1, 0]);
    assert_eq!(truth(&eval("a >= -3", std::slice::from_ref(&big))), [1; 4]);
    assert_eq!(truth(&eval("x < 5000000000", &[one(&[7u8])])), [1]);
    assert_eq!(truth(&eval("x < 18446744073709551615", &[one(&[-7i8])])), [1]);
    // Any byte but 0 is true.
    assert_eq!(truth(&eval("x == True", &[one(&[Bool(7), Bool(0)])])), [1, 0]);
    assert_eq!(truth(&eval("~x | (x & x)", &[one(&[Bool(7), Bool(0)])])), [1, 1]);
    assert_eq!(eval("where(x, 2, 3) + x", &[one(&[Bool(7), Bool(0)])]).data::<i32>(), [3, 3]);
}

#[test]
fn halves_are_rounded_once() {
    let x: Vec<f16> = (0..50).map(|i| f16::from_f64(0.1 * f64::from(i))).collect();
    let want: Vec<f16> = x.iter().map(|x| f16::from_f32(x.to_f32() * x.to_f32() * 3.3 + 0.1)).collect();
    assert_eq!(eval("x * x * 3.3 + 0.1", &[one(&x)]).data::<f16>(), want);
}

#[test]
fn arrays_broadcast_by_name_and_from_the_right() {
    let shape = [4u64, 5, 700];
    let n = (4 * 5 * 700) as usize;
    let a: Vec<i32> = (0..n as i32).collect();
    let frame: Vec<i16> = (0..3500).map(|i| (i % 311) as i16).collect();
    let times: Vec<i16> = vec![100, 200, 300, 400];
    let a = Array::from(&shape, &a).named("tyx");
    let frame = Array::from(&[5, 700], &frame);
    let want = |f: &dyn Fn(usize, usize, usize) -> i64| -> Vec<i64> {
        (0..n).map(|i| i as i64 - f(i / 3500, i / 700 % 5, i % 700)).collect()
    };
    let by_frame = want(&|_, y, x| ((y * 700 + x) % 311) as i64);
    assert_eq!(eval("a - b", &[a.clone(), frame.clone().named("yx")]).data::<i64>(), by_frame);
    assert_eq!(eval("a - b", &[a.clone(), frame.clone()]).data::<i64>(), by_frame);
    // Named axes in another order: gathered.
    let turned: Vec<i16> = (0..3500).map(|i| ((i % 5 * 700 + i / 5) % 311) as i16).collect();
    assert_eq!(eval("a - b", &[a.clone(), Array::from(&[700, 5], &turned).named("xy")]).data::<i64>(), by_frame);
    let by_time = want(&|t, _, _| 100 * (t as i64 + 1));
    let t = one(&times).named("t");
    let out = eval("a - t", &[a.clone(), t]);
    assert_eq!((out.data::<i64>(), out.spec.axis_names().as_deref()), (&by_time[..], Some("tyx")));
    assert_eq!(eval("a - t", &[a.clone(), Array::from(&[4, 1, 1], &times)]).data::<i64>(), by_time);
    // A 0-d array, and one that is a single column.
    assert_eq!(eval("a - t", &[a.clone(), Array::from(&[], &[7u8])]).data::<i64>(), want(&|_, _, _| 7));
    let column = Array::from(&[5, 1], &[1u8, 2, 3, 4, 5]);
    assert_eq!(eval("a - c", &[a.clone(), column]).data::<i64>(), want(&|_, y, _| y as i64 + 1));
    // What is the same along rows is computed once for each, and still fills the result.
    let out = eval("0 * a + c * 2", &[a.clone(), Array::from(&[5, 1], &[1i32, 2, 3, 4, 5])]);
    assert_eq!(out.data::<i64>()[..1400], [[2i64; 700], [4; 700]].concat());
    let error = bind("a + b", &[a.spec, ArraySpec::new(DType::U8, &[3])]).unwrap_err();
    assert!(error.message.contains("b is [3]"), "{}", error.message);
}

#[test]
fn short_rows_and_empty_arrays() {
    let pixels: Vec<u8> = (0..=255).cycle().take(3000).collect();
    let want: Vec<i32> = pixels.iter().enumerate().map(|(i, p)| i32::from(*p) * [1, 10, 100][i % 3]).collect();
    let image = Array::from(&[1000, 3], &pixels);
    assert_eq!(eval("p * c", &[image.clone(), one(&[1u8, 10, 100])]).data::<i32>(), want);
    assert_eq!(eval("p", std::slice::from_ref(&image)).data::<u8>(), pixels);
    let out = eval("c * 2 + 1", &[Array::from(&[], &[20u8])]);
    assert_eq!((out.data::<i32>(), out.spec.rank()), (&[41][..], 0));
    for shape in [&[0u64][..], &[3, 0], &[0, 3], &[2, 0, 4]] {
        assert_eq!(eval("x / 2", &[Array::from::<u16>(shape, &[])]).bytes().len(), 0);
    }
    // Extent 1 does not stretch to 0 elements the other way round.
    assert_eq!(eval("a + b", &[Array::from::<u8>(&[0, 1], &[]), Array::from(&[1, 4], &[1u8; 4])]).spec.shape, [0, 4]);
}

#[test]
fn results_take_the_dtype_asked_for() {
    let x = one(&[0.5f32, 1.5, 300.0, -7.0]);
    assert_eq!(eval_as("x * 1", Some("u8"), std::slice::from_ref(&x)).unwrap().data::<u8>(), [0, 2, 255, 0]);
    assert_eq!(eval_as("x", Some("f64"), &[x]).unwrap().data::<f64>(), [0.5, 1.5, 300.0, -7.0]);
    let error = eval_as("0 * x", Some("i16"), &[one(&[1.0f64, f64::INFINITY])]).unwrap_err();
    assert_eq!((error.at, error.message.contains("NaN")), (Some(vec![1]), true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_parsed_or_refused(chars in proptest::collection::vec(any::<char>(), 0..60)) {
        let text: String = chars.into_iter().collect();
        if let Err(error) = kernel(&text, None) {
            prop_assert!(!error.message.is_empty());
        }
    }

    #[test]
    fn printing_and_parsing_agree(picks in proptest::collection::vec(0usize..64, 1..40)) {
        const WORDS: [&str; 32] = [
            "x", "y", "x", "1", "2.5", "0", "True", "+", "-", "*", "/", "//", "%", "**", "<", "==", ">=", "and", "or",
            "not", "&", "|", "~", "(", ")", "(", ")", "sqrt(", "where(", "minimum(", ",", "nan",
        ];
        // Values and operators in turn, so that most texts parse.
        let text: String = picks.iter().enumerate().map(|(i, p)| {
            let word = if *p < 32 { WORDS[*p] } else if i % 2 == 0 { "x" } else { ["+", "*", "<", "**"][*p % 4] };
            format!("{word} ")
        }).collect();
        if let Ok(ast) = parse(&text) {
            let printed = print(&ast, ast.root);
            let again = parse(&printed).map_err(|f| TestCaseError::fail(format!("{printed}: {}", f.message)))?;
            prop_assert_eq!(print(&again, again.root), printed);
            for dtypes in [[DType::U8, DType::F32], [DType::Bool, DType::U64], [DType::I64, DType::I16]] {
                let read = &dtypes[..ast.names.len()];
                let specs: Vec<ArraySpec> = read.iter().map(|d| ArraySpec::new(*d, &[2])).collect();
                if let Ok(v) = bind(&text, &specs) {
                    let inputs: Vec<Array> = specs.iter().map(Array::zeros).collect();
                    let _ = run(&v[0], &inputs, &[2]);
                }
            }
        }
    }
}
