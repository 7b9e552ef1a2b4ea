//! What holds for any text and any pipeline.

use super::*;
use crate::array::{Column, Columns, Endian, IoChoice, Order};
use crate::kernel::Value;
use crate::pipeline::{InputDecl, OutputDecl, ScheduleDecl, StepDecl, parse_bytes, parse_step_words};
use proptest::prelude::*;

/// Goes as far as the text lets it, and shows what stops it.
fn exercise(text: &str) {
    if let Err(e) = build(text) {
        e.render("p.toml", text);
        e.render_styled("p.toml", "another text");
        assert!(!e.located("p.toml", text).to_string().contains('\n'));
    }
}

/// Pieces of pipelines, so that random texts get past the syntax.
fn fragment() -> impl Strategy<Value = String> {
    let pieces = [
        "[inputs]\n",
        "[outputs]\n",
        "[[step]]\n",
        "[step]\n",
        "[schedule]\n",
        "raw = \"a.npy\"\n",
        "a",
        "=",
        "\n",
        "\"",
        "kernel = \"blur\"\n",
        "kernel = \"split\"\n",
        "sigma = 1\n",
        "from = \"raw\"\n",
        "expr = \"x + blur\"\n",
        "name = \"b\"\n",
        "b = \"o.npy\"\n",
        "blur = { path = \"b.npy\", dtype = \"u8\" }\n",
        "split = \"s\"\n",
        "memory = \"1KiB\"\n",
        "axes = \"yx\"\n",
        "{ }",
        "[1, 2]",
        "1979-05-27",
        "é",
        "\u{0}",
        "\t",
        ".",
        "nan",
        "# c\n",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..20).prop_map(|p| p.concat())
}

/// One character of the good pipeline replaced, or some removed.
fn mutilated() -> impl Strategy<Value = String> {
    (0..GOOD.len(), 0usize..12, any::<char>()).prop_map(|(at, n, c)| {
        let end = (at + n).min(GOOD.len());
        format!("{}{c}{}", &GOOD[..at], &GOOD[end..])
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter("NaN differs from itself", |f| !f.is_nan()).prop_map(Value::Float),
        Just(Value::Float(f64::INFINITY)),
        any::<String>().prop_map(Value::Str),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::List))
}

fn dtype() -> impl Strategy<Value = Option<DType>> {
    prop::option::of(prop::sample::select(DType::ALL.to_vec()))
}

fn order() -> impl Strategy<Value = Option<Order>> {
    prop::option::of(prop::sample::select(vec![Order::C, Order::F]))
}

fn endian() -> impl Strategy<Value = Option<Endian>> {
    prop::option::of(prop::sample::select(vec![Endian::Little, Endian::Big]))
}

fn columns() -> impl Strategy<Value = Columns> {
    let one = || prop_oneof![any::<i64>().prop_map(Column::Number), "\\PC*".prop_map(Column::Name)];
    prop_oneof![one().prop_map(Columns::One), prop::collection::vec(one(), 1..4).prop_map(Columns::List)]
}

/// What only inputs of text have.
fn of_text() -> impl Strategy<Value = InputDecl> {
    let (separator, header) = (prop::option::of(any::<char>()), prop::option::of(any::<bool>()));
    (prop::option::of(columns()), separator, header, prop::option::of("\\PC*")).prop_map(
        |(column, separator, header, time_format)| InputDecl {
            column,
            separator,
            header,
            time_format,
            ..InputDecl::new("", "")
        },
    )
}

fn input() -> impl Strategy<Value = InputDecl> {
    let shape = prop::option::of(prop::collection::vec(0i64..1000, 0..4));
    let offset = prop::option::of(0u64..=i64::MAX as u64);
    ("\\PC+", dtype(), shape, offset, order(), endian(), any::<bool>(), of_text()).prop_map(
        |(path, dtype, shape, offset, order, endian, axes, text)| {
            let axes = axes.then(|| "tyx".to_string());
            InputDecl { path: format!("i{path}"), dtype, shape, offset, order, endian, axes, ..text }
        },
    )
}

fn step() -> impl Strategy<Value = StepDecl> {
    let params = prop::collection::btree_map("[a-z\\PC]{1,6}", value(), 0..4);
    (prop::sample::select(vec!["expr", "blur", "kérnel"]), prop::option::of("\\PC*"), params).prop_map(
        |(kernel, from, params)| {
            let own = ["name", "kernel", "from"];
            let params = params.into_iter().filter(|(k, _)| !own.contains(&k.as_str())).collect();
            StepDecl { from, params, ..StepDecl::new(kernel) }
        },
    )
}

fn output() -> impl Strategy<Value = OutputDecl> {
    ("\\PC*", prop::option::of("\\PC*"), dtype(), order(), endian()).prop_map(|(path, from, dtype, order, endian)| {
        OutputDecl { from: from.unwrap_or_default(), dtype, order, endian, ..OutputDecl::new("", path) }
    })
}

fn pipeline() -> impl Strategy<Value = Pipeline> {
    let lists = (
        prop::collection::vec(input(), 1..4),
        prop::collection::vec((step(), any::<bool>()), 0..4),
        prop::collection::vec(output(), 1..4),
    );
    let schedule = (
        prop::option::of(1u64..=i64::MAX as u64),
        prop::option::of(1usize..100),
        prop::option::of(
            prop::sample::select(IoChoice::NAMES.to_vec()).prop_map(|name| IoChoice::parse(name).unwrap_or_default()),
        ),
        prop::option::of(prop::collection::vec(1u64..100, 1..4)),
    );
    (lists, schedule).prop_map(|((inputs, steps, outputs), (memory, threads, io, tile))| {
        let mut pipeline = Pipeline::new();
        pipeline.schedule = ScheduleDecl { memory, threads, io, tile, ..Default::default() };
        for (i, input) in inputs.into_iter().enumerate() {
            pipeline.inputs.push(InputDecl { name: format!("in-{i}"), ..input });
        }
        for (i, (step, named)) in steps.into_iter().enumerate() {
            let unnamed = !named && pipeline.steps.iter().all(|s| s.name != step.kernel);
            let name = if unnamed { step.kernel.clone() } else { format!("stép{i}") };
            pipeline.steps.push(StepDecl { name, ..step });
        }
        for (i, output) in outputs.into_iter().enumerate() {
            let name = format!("out{i}");
            let from = if output.from.is_empty() { name.clone() } else { output.from };
            pipeline.outputs.push(OutputDecl { name, from, path: format!("{i}{}", output.path), ..output });
        }
        pipeline
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_text_panics(text in any::<String>(), pieces in fragment(), broken in mutilated()) {
        exercise(&text);
        exercise(&pieces);
        exercise(&broken);
    }

    #[test]
    fn no_word_panics(word in any::<String>(), key in "[a-z.=\\[\\]{}\"' ]*") {
        let _ = (parse_step_words(&word), parse_step_words(&format!("blur {key}")), parse_bytes(&word));
        let _ = InputDecl::parse_argument(&word);
        let near = [format!("blur.{key}"), format!("inputs.raw{key}"), format!("outputs.blur={key}")];
        for text in [word, key].into_iter().chain(near) {
            let mut pipeline = parse(GOOD);
            if pipeline.set(&text).is_ok() {
                let _ = pipeline.bind_with(&specs(), kernels::TABLE);
            }
        }
    }

    #[test]
    fn what_is_written_parses_back_equal(pipeline in pipeline()) {
        let text = pipeline.to_toml();
        let back = Pipeline::parse(&text).map_err(|e| TestCaseError::fail(e.render("p.toml", &text)))?;
        prop_assert_eq!(back, pipeline);
    }
}
