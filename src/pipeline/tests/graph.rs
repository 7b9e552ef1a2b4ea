//! What a pipeline is bound to: names, order, casts, warnings.

use super::*;
use crate::array::{Endian, Order};
use crate::kernel::Value;
use crate::pipeline::{ArrayRef, InputDecl, OutputDecl, StepDecl};

fn step(step: usize) -> ArrayRef {
    ArrayRef::Step { step, output: 0 }
}

fn names(graph: &Graph) -> Vec<&str> {
    graph.steps.iter().map(|s| s.name.as_str()).collect()
}

#[test]
fn the_good_one() {
    let pipeline = parse(GOOD);
    assert_eq!(pipeline.inputs[1].shape, Some(vec![8, 8]));
    assert_eq!(pipeline.inputs[1].dtype, Some(DType::U16));
    assert!(pipeline.inputs[0].path_in_file());
    assert_eq!(pipeline.steps[0].kernel, "expr");
    assert_eq!(pipeline.steps[1].name, "blur");
    assert_eq!(pipeline.steps[1].params[0], ("sigma".to_string(), Value::Float(1.5)));
    assert_eq!(&GOOD[pipeline.steps[1].places.value("sigma").unwrap()], "1.5");
    assert_eq!(pipeline.schedule.memory, Some(512 << 20));

    let graph = build(GOOD).unwrap();
    assert_eq!(names(&graph), ["flat", "blur", "profile", "blur (cast)"]);
    assert_eq!(graph.inputs[0].spec.axis_names().as_deref(), Some("tyx"));
    assert_eq!(graph.steps[0].inputs, [ArrayRef::Input(1), ArrayRef::Input(0)]); // dark, raw
    assert_eq!(graph.steps[1].inputs, [step(0)]);
    assert_eq!(graph.steps[1].params, "sigma = 1.5, axes = \"yx\"");
    assert_eq!(graph.steps[2].inputs, [step(0)]);
    assert_eq!(graph.steps[2].outputs[0].shape, [4]);
    assert_eq!(graph.steps[3].kernel, "cast");
    assert_eq!((graph.outputs[0].from, graph.outputs[0].dtype), (step(3), Some(DType::U8)));
    assert_eq!(graph.outputs[0].spec.dtype, DType::U8);
    assert_eq!((graph.outputs[1].from, graph.outputs[1].dtype), (step(2), None));
    assert!(graph.warnings.is_empty());
}

#[test]
fn later_steps_may_be_taken() {
    let graph = build(
        r#"
inputs.a = "a.npy"
step = [
  { name = "late", expr = "early + a" },
  { name = "free", expr = "a" },
  { name = "early", kernel = "blur", from = "a", sigma = 1 },
]
outputs = { late = "l.npy", free = "f.npy" }
"#,
    )
    .unwrap();
    assert_eq!(names(&graph), ["free", "early", "late"]);
    assert_eq!(graph.steps[2].inputs, [ArrayRef::Input(0), step(1)]);
}

#[test]
fn x_is_what_a_step_receives() {
    let text = r#"
[inputs]
a = "a.npy"
[[step]]
kernel = "split"
[[step]]
expr = "x * a"
[outputs]
expr = "e.npy"
"#;
    let graph = build(text).unwrap();
    assert_eq!(graph.steps[1].inputs, [ArrayRef::Input(0), step(0)]);
    assert_eq!(graph.steps[0].outputs.iter().map(|s| s.dtype).collect::<Vec<_>>(), [DType::F32, DType::I8]);
    // Unless something is so named.
    let graph = build(
        &text
            .replace("a = \"a.npy\"", "a = \"a.npy\"\nx = \"x.npy\"\n")
            .replace("kernel = \"split\"", "kernel = \"split\"\nfrom = \"a\""),
    )
    .unwrap();
    assert_eq!(graph.steps[0].inputs, [ArrayRef::Input(0), ArrayRef::Input(1)]);
    assert_eq!(graph.warnings, ["the step \"split\" leads to no output and is left out"]);
}

#[test]
fn what_is_not_used_is_said() {
    let graph = build(&GOOD.replace("profile = \"out/profile.npy\"", "").replace("raw - dark", "raw")).unwrap();
    assert_eq!(names(&graph), ["flat", "blur", "blur (cast)"]);
    assert_eq!(
        graph.warnings,
        ["the step \"profile\" leads to no output and is left out", "the input \"dark\" is not used"]
    );
}

#[test]
fn an_input_can_be_written() {
    let graph =
        build("[inputs]\na = \"a.npy\"\n[outputs]\nb = { path = \"b.npy\", from = \"a\", order = \"F\" }\n").unwrap();
    assert_eq!(names(&graph), ["b (cast)"]);
    assert_eq!(graph.outputs[0].from, step(0));
    assert_eq!((graph.outputs[0].spec.dtype, graph.outputs[0].spec.order), (DType::U16, Order::F));
}

#[test]
fn order_of_a_long_chain_needs_no_stack() {
    let mut pipeline = Pipeline::new().input("a", "a.npy").output("s9999", "o.npy");
    for i in 0..10_000 {
        pipeline.steps.push(StepDecl::new("split").name(&format!("s{i}")));
    }
    assert_eq!(pipeline.bind_with(&specs()[..1], kernels::TABLE).unwrap().steps.len(), 10_000);
    pipeline.steps[0].from = Some("s9999".to_string());
    assert!(pipeline.check_with(kernels::TABLE).is_err());
}

#[test]
fn builder_and_file_are_equal() {
    let built = Pipeline::new()
        .input_with(InputDecl::new("raw", "stack.npy").axes("tyx"))
        .input_with(InputDecl::new("dark", "dark.dat").dtype(DType::U16).shape(&[8, 8]).axes("yx"))
        .step(StepDecl::expr("(raw - dark) / 4096").name("flat"))
        .step(StepDecl::new("blur").param("sigma", 1.5).param("axes", "yx"))
        .step(StepDecl::new("fold").name("profile").from("flat").param("axes", "yx"))
        .output_with(OutputDecl::new("blur", "out/clean.npy").dtype(DType::U8))
        .output("profile", "out/profile.npy");
    let mut file = parse(GOOD);
    assert_ne!(file, built);
    file.schedule = Default::default();
    assert_eq!(file, built);
    assert!(!built.inputs[0].path_in_file());
}

#[test]
fn texts_of_several_lines_stay_so() {
    let mut pipeline = parse(&GOOD.replace("\"(raw - dark) / 4096\"", "\"\"\"\nk = raw\nk / dark\n\"\"\""));
    let written = pipeline.to_toml();
    assert!(written.contains("expr = \"\"\"\nk = raw\nk / dark\n\"\"\"\n"), "{written}");
    assert_eq!(parse(&written), pipeline);
    for odd in ["raw\n\"dark\"", "raw\r\n+ dark", "raw\\\ndark", "\n\nraw\n", "\n", "raw\n\u{7f}"] {
        pipeline.steps[0].params[0].1 = Value::Str(odd.to_string());
        assert_eq!(parse(&pipeline.to_toml()).steps[0].params, pipeline.steps[0].params, "{odd:?}");
    }
}

#[test]
fn to_toml_looks_like_this() {
    let mut pipeline = parse(GOOD);
    pipeline.outputs[1] = OutputDecl::new("p", "p \"1\".dat").from("profile").order(Order::F).endian(Endian::Big);
    pipeline.schedule.tile = Some(vec![1, 8]);
    pipeline.schedule.memory = Some(1001);
    insta::assert_snapshot!(pipeline.to_toml(), @r#"
    [inputs]
    raw = { path = "stack.npy", axes = "tyx" }
    dark = { path = "dark.dat", dtype = "u16", shape = [8, 8], axes = "yx" }

    [[step]]
    name = "flat"
    expr = "(raw - dark) / 4096"

    [[step]]
    kernel = "blur"
    sigma = 1.5
    axes = "yx"

    [[step]]
    name = "profile"
    kernel = "fold"
    from = "flat"
    axes = "yx"

    [outputs]
    blur = { path = "out/clean.npy", dtype = "u8" }
    p = { path = "p \"1\".dat", from = "profile", order = "F", endian = "big" }

    [schedule]
    memory = 1001
    tile = [1, 8]
    "#);
    assert_eq!(parse(&pipeline.to_toml()), pipeline);
}

#[test]
fn chains() {
    let chain = |steps| {
        Pipeline::chain(
            InputDecl::new("whatever", "a.npy"),
            vec![InputDecl::parse_argument("dark={path=\"d.dat\", dtype=\"u16\", shape=[8, 8]}").unwrap()],
            steps,
            OutputDecl::new("output", "o.npy"),
        )
    };
    let steps = vec![
        StepDecl::expr("x - dark"),
        crate::pipeline::parse_step_words("blur sigma=[1,2] axes=yx").unwrap(),
        StepDecl::expr("x / input"),
        StepDecl::new("blur").param("sigma", 1.0),
    ];
    let pipeline = chain(steps).unwrap();
    let graph = pipeline
        .bind_with(
            &[specs()[0].clone().with_axes("tyx".chars().map(Some).collect()), specs()[1].clone()],
            kernels::TABLE,
        )
        .unwrap();
    assert_eq!(names(&graph), ["expr", "blur", "expr_2", "blur_2"]);
    assert_eq!(graph.steps[0].inputs, [ArrayRef::Input(1), ArrayRef::Input(0)]);
    assert_eq!(graph.steps[2].inputs, [ArrayRef::Input(0), step(1)]); // input, x
    assert_eq!(graph.outputs[0].from, step(3));
    assert_eq!(parse(&pipeline.to_toml()), pipeline);

    let copied = chain(vec![]).unwrap();
    assert_eq!(copied.outputs[0].from, "input");
    let refused = Pipeline::chain(
        InputDecl::new("", "a.npy"),
        vec![InputDecl::new("x", "x.npy")],
        vec![],
        OutputDecl::new("output", "o.npy"),
    );
    assert_eq!(refused.unwrap_err().to_string(), "an array cannot be called \"x\": that is what the step receives");
}
