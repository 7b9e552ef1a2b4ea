//! Names of parts: what they mean, what is refused, and what long expressions cost.

use super::parse::{NESTING_MAX, TEXT_BYTES_MAX, parse};
use super::program::Program;
use super::tests::{bind, eval, kernel, one, shown};
use super::*;
use crate::array::Bool;
use crate::kernel::trial::{Array, run};
use proptest::prelude::*;

#[test]
fn a_name_is_its_expression() {
    for (text, means) in [
        ("d = a - b; d / (d + 1)", "((a - b) / ((a - b) + 1))"),
        ("d=a-b;d/(d+1);", "((a - b) / ((a - b) + 1))"),
        ("\n\nk = 4096\n\nd = (a\n - b)\r\n\n d / k\n\n", "((a - b) / 4096)"),
        ("d = a -\n b;\n(d + 1) / 2;\n", "(((a - b) + 1) / 2)"),
        ("d = a == b; where(d, 1, 0)", "where((a == b), 1, 0)"),
        ("d = a; e = d; -e", "(-a)"),
        ("d = a + 1\n-d\n", "(-(a + 1))"),
        ("d = x\n  d\n", "x"),
        ("x\n", "x"),
    ] {
        assert_eq!(shown(text), means, "{text}");
    }
    // Names are no arrays, and what they read comes in the order of the text.
    assert_eq!(variables("d = raw - dark; b = d; d / (flat - b)").unwrap(), ["raw", "dark", "flat"]);
    assert_eq!(parse("d = a + 1; d * (a + 1)").unwrap().nodes.len(), 4, "equal parts are one");
    assert_eq!(eval("d = x - 1; d * d + d", &[one(&[3u8])]).data::<i32>(), [6]);
}

#[test]
fn wrong_names_say_where() {
    for (text, start, end, message) in [
        ("d = d + 1; d", 0, 1, "was read as an array before"),
        ("b = d + 1; d = 2 * x; b + d", 11, 12, "was read as an array before"),
        ("d = x; e = d; d = 3; d + e", 14, 15, "\"d\" is defined twice"),
        ("x = raw - 1; x * 2", 0, 1, "\"x\" is the array that the step receives"),
        ("a + 1; sqrt = 2; a", 0, 5, "this value is not used"),
        ("sqrt = 2; a", 0, 4, "\"sqrt\" is a function"),
        ("pi = 3; a", 0, 2, "\"pi\" is a constant"),
        ("true = 1; a", 0, 4, "\"true\" is a constant"),
        ("and = 3; a", 0, 3, "\"and\" is an operator"),
        ("drak = raw - 1; dark * raw", 0, 4, "\"drak\" is defined and never used"),
        ("a = x; b = a + 1; x", 7, 8, "\"b\" is defined and never used"),
        ("d = raw - dark", 0, 1, "its value is missing"),
        ("d = raw - dark;\n", 0, 1, "its value is missing"),
        ("d = raw - dark\n* 2; d", 15, 16, "expected a value, found \"*\""),
        ("raw - dark\n* 2", 0, 10, "this value is not used"),
        ("raw - dark\n- 2", 0, 10, "this value is not used"),
        ("a = b = x; a", 6, 7, "found \"=\""),
        ("a + b = 3; x", 6, 7, "found \"=\""),
        ("(d = x); d", 3, 4, "found \"=\""),
        ("d = ; d", 4, 5, "expected a value, found \";\""),
        ("; x", 0, 1, "expected a value, found \";\""),
        ("d = x;; d", 6, 7, "expected a value, found \";\""),
        ("f = x\nf\n(2)", 6, 7, "this value is not used"),
        ("f = x; f(2)", 7, 8, "unknown function \"f\""),
        ("d = 3; e = d + 1; e", 0, 19, "reads no array"),
    ] {
        let fault = parse(text).err().unwrap_or_else(|| panic!("{text} was accepted"));
        assert!(fault.message.contains(message), "{text}: {}", fault.message);
        assert_eq!(fault.span, start..end, "{text}");
    }
    let help = |text: &str| parse(text).err().and_then(|f| f.help).unwrap();
    assert_eq!(help("drak = raw - 1; dark * raw"), "the array \"dark\" is read: is \"drak\" meant?");
    assert!(help("a + b = 3").contains("write == to compare"));
    assert!(help("raw - dark\n* 2").contains("parentheses"));
    assert!(help("d = raw - dark\n* 2; d").contains("parentheses"));
}

#[test]
fn places_of_several_lines() {
    let error = kernel("d = raw - dark\n\n  e = sqr(d)\ne", None).unwrap_err();
    let shown = "unknown function \"sqr\", at line 3, column 7 of the expression\n    e = sqr(d)\n        ^^^";
    assert_eq!(error.message, shown);
    // A line alone counts no lines, and what goes over several is underlined on its first.
    assert!(kernel("sqr(x)\n", None).unwrap_err().message.contains("\", at column 1 of"));
    let error = kernel("(a +\n 1)\nb", None).unwrap_err();
    assert!(error.message.ends_with("at line 1, column 1 of the expression\n  (a +\n  ^^^^"), "{}", error.message);
    let x = one(&[1u64 << 40]);
    let variants = bind("d = x + 1\nd * d", std::slice::from_ref(&x.spec)).unwrap();
    let error = run(&variants[0], &[x], &[1]).unwrap_err();
    assert!(error.message.ends_with("(line 2, column 3 of the expression)"), "{}", error.message);
}

/// The operations of an expression of f64 arrays.
fn program(text: &str) -> Program {
    let ast = parse(text).unwrap_or_else(|f| panic!("{}", f.message));
    lower::lower(&ast, text, &vec![DType::F64; ast.names.len()], None).unwrap_or_else(|f| panic!("{}", f.message))
}

#[test]
fn long_expressions_stay_small() {
    let chain = |part: &dyn Fn(usize) -> String, n: usize| {
        let parts: String = (0..n).map(part).collect();
        format!("a0 = x; {parts}a{n}")
    };
    // Each name is used twice: a thousand of them are two thousand operations, not 2^1000.
    let doubling = chain(&|i| format!("a{} = a{i} * a{i} + 1; ", i + 1), 1000);
    let doubling = program(&doubling);
    assert_eq!((doubling.ops.len(), doubling.registers.len()), (2001, 2));
    let long = chain(&|i| format!("a{} = a{i} * {i}.5; ", i + 1), 3000);
    assert!(long.len() < TEXT_BYTES_MAX);
    let long = program(&long);
    assert_eq!((long.ops.len(), long.registers.len()), (3001, 2));
    assert!(long.scratch_bytes() <= 3 * 8192);
    // Neither the side on which a chain grows nor where names stand costs memory.
    let before = chain(&|i| format!("a{} = {i}.5 * y + a{i}; ", i + 1), 1500);
    assert!(program(&before).registers.len() <= 3);
    let nested = (0..NESTING_MAX - 1).fold("x".to_string(), |s, i| format!("{i}.5 * y + ({s})"));
    assert!(program(&nested).registers.len() <= 3);
    let first: String = (0..1500).map(|i| format!("a{i} = {i}.5 * x; ")).collect();
    let sum: Vec<String> = (0..1500).map(|i| format!("a{i}")).collect();
    assert!(program(&format!("{first}{}", sum.join(" + "))).registers.len() <= 3);
    // What is needed at the end is held until then.
    let held: String = (0..50).map(|i| format!("a{i} = sqrt(x + {i}); ")).collect();
    let twice = format!("{held}{} + {}", sum[..50].join(" + "), sum[..50].join(" * "));
    assert!((50..55).contains(&program(&twice).registers.len()));
}

#[test]
fn long_expressions_are_computed() {
    let text: String = (0..1000).map(|i| format!("a{} = where(a{i} > 1, a{i} * 0.5, a{i} + y)\n", i + 1)).collect();
    let (x, y) = ([0.25f64, 0.75, 3.0], [0.5f64, 0.375, 1.0]);
    let got = eval(&format!("a0 = x\n{text}a1000"), &[one(&x), one(&y)]);
    let step = |a: f64, y: f64| if a > 1.0 { a * 0.5 } else { a + y };
    let want: Vec<f64> = x.iter().zip(y).map(|(x, y)| (0..1000).fold(*x, |a, _| step(a, y))).collect();
    assert_eq!(got.data::<f64>(), want);
    // Thousands of arrays, each found by its name.
    let many: Vec<String> = (0..12_000).map(|i| format!("v{i}")).collect();
    assert_eq!(variables(&many.join(" + ")).unwrap(), many);
}

#[test]
fn parts_are_known_by_what_they_read() {
    let array = |d| ExprPart::array(d);
    let infer = |text: &str, parts: &[(&str, ExprPart)]| {
        let parts: Vec<(String, ExprPart)> = parts.iter().map(|(n, p)| (n.to_string(), *p)).collect();
        infer_expr(text, &parts, &[("u".to_string(), ArraySpec::new(DType::U16, &[4, 3]))])
    };
    let (spec, difference) = infer("a - b", &[("a", array(DType::U16)), ("b", array(DType::U16))]).unwrap();
    assert_eq!((spec.dtype, &spec.shape[..]), (DType::I32, &[4, 3][..]));
    // An i32 that was read divides in f64, one that was computed from u16 in f32.
    assert_eq!(infer("d / 2", &[("d", difference)]).unwrap().0.dtype, DType::F32);
    assert_eq!(infer("d / 2", &[("d", array(DType::I32))]).unwrap().0.dtype, DType::F64);
    assert_eq!(infer("d + 1", &[("d", difference)]).unwrap().0.dtype, DType::I32);
    assert!(infer("d + e", &[("d", difference)]).unwrap_err().message.contains("no part \"e\""));
    assert!(infer("not d", &[("d", difference)]).unwrap_err().message.contains("truth values"));
}

fn sample(dtype: DType) -> Array {
    match dtype {
        DType::Bool => one(&[Bool(0), Bool(1), Bool(7), Bool(0), Bool(1)]),
        DType::U8 => one(&[0u8, 1, 3, 200, 255]),
        DType::I16 => one(&[-7i16, 0, 1, 300, 2]),
        DType::I32 => one(&[-70_000i32, 0, 1, 46_341, 2]),
        DType::U64 => one(&[0u64, 1, 3, 1 << 33, u64::MAX]),
        DType::F16 => one(&[0.5f32, -2.0, 3.25, 100.0, 0.0].map(half::f16::from_f32)),
        DType::F32 => one(&[0.5f32, -2.0, f32::NAN, 1e30, 0.1]),
        _ => one(&[0.5f64, -2.0, f64::INFINITY, 1e300, 0.1]),
    }
}

const FORMS: [&str; 18] = [
    "{} + {}",
    "{} - {}",
    "{} * {}",
    "{} / {}",
    "{} // 3",
    "{} % {}",
    "{} ** 2",
    "minimum({}, {})",
    "maximum({}, 2)",
    "where({} > 1, {}, 0)",
    "where({}, 1, 2)",
    "{} > {}",
    "{} == {} < 3",
    "sqrt(abs({}))",
    "-{}",
    "clip({}, 0, 7)",
    "sign({}) & {}",
    "round({}) - 1.5",
];

fn fill(form: &str, words: [&str; 2]) -> String {
    form.replacen("{}", words[0], 1).replacen("{}", words[1], 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A name's value is that of its expression written in place; and what is inferred from parts is
    /// what binding the whole gives.
    #[test]
    fn names_and_texts_in_place_agree(
        picks in proptest::collection::vec((0..FORMS.len(), 0usize..12), 1..8),
        dtypes in proptest::array::uniform2(proptest::sample::select(vec![
            DType::Bool, DType::U8, DType::I16, DType::I32, DType::U64, DType::F16, DType::F32, DType::F64,
        ])),
    ) {
        // Every part so far as a name and written out.
        let mut parts: Vec<(String, String)> = ["u", "v"].map(|n| (n.to_string(), n.to_string())).to_vec();
        let mut known: Vec<(String, ExprPart)> = vec![
            ("u".to_string(), ExprPart::array(dtypes[0])),
            ("v".to_string(), ExprPart::array(dtypes[1])),
        ];
        let arrays = [("u".to_string(), sample(dtypes[0]).spec), ("v".to_string(), sample(dtypes[1]).spec)];
        let (mut text, mut inferred) = (String::new(), Ok(()));
        let add = |parts: &mut Vec<(String, String)>, form: &str, other: usize| {
            // The newest part is always used, so that none is idle.
            let (a, b) = (parts.len() - 1, other % parts.len());
            let name = format!("p{}", parts.len());
            let (named, written) =
                (fill(form, [&parts[a].0, &parts[b].0]), fill(form, [&parts[a].1, &parts[b].1]));
            parts.push((name.clone(), format!("({written})")));
            (name, named)
        };
        for (form, other) in picks {
            let (name, named) = add(&mut parts, FORMS[form], other);
            text += &format!("{name} = {named}; ");
            if inferred.is_ok() {
                match infer_expr(&named, &known, &arrays) {
                    Ok((_, part)) => known.push((name, part)),
                    Err(_) => inferred = Err(()),
                }
            }
        }
        let (name, written) = parts.last().cloned().unwrap();
        let text = text + &name;
        let inputs = |text: &str| -> Vec<Array> {
            variables(text).unwrap().iter().map(|n| sample(dtypes[usize::from(n == "v")])).collect()
        };
        let specs = |text: &str| -> Vec<ArraySpec> { inputs(text).into_iter().map(|a| a.spec).collect() };
        match (bind(&text, &specs(&text)), bind(&written, &specs(&written))) {
            (Ok(named), Ok(plain)) => {
                let dtype = named[0].stages[0].contract.writes[0].spec.dtype;
                prop_assert_eq!(dtype, plain[0].stages[0].contract.writes[0].spec.dtype, "{}", text);
                prop_assert_eq!(inferred, Ok(()), "{}", text);
                prop_assert_eq!(known.last().unwrap().1.dtype(), dtype, "{}", text);
                let (a, b) = (run(&named[0], &inputs(&text), &[5]), run(&plain[0], &inputs(&written), &[5]));
                match (a, b) {
                    (Ok(a), Ok(b)) => prop_assert_eq!(a[0].bytes(), b[0].bytes(), "{}", text),
                    (a, b) => prop_assert_eq!(a.is_err(), b.is_err(), "{}", text),
                }
            }
            (named, plain) => {
                prop_assert!(named.is_err() && plain.is_err(), "{text} and {written}: only one is refused");
                prop_assert_eq!(inferred, Err(()), "{}", text);
            }
        }
    }
}
