//! Step words, assignments and arguments of the command line.

use super::*;
use crate::kernel::Value;
use crate::pipeline::parse_step_words;

#[test]
fn words_of_a_step() {
    let step =
        parse_step_words(r#" blur sigma=2 r=-0.5 skipna=true axes=yx l=[1, "a b"]  text="two \" words" one='x y' "#)
            .unwrap();
    assert_eq!((step.name.as_str(), step.kernel.as_str(), step.from), ("blur", "blur", None));
    let values: Vec<(&str, String)> = step.params.iter().map(|(n, v)| (n.as_str(), v.to_toml())).collect();
    assert_eq!(
        values,
        [
            ("sigma", "2".to_string()),
            ("r", "-0.5".to_string()),
            ("skipna", "true".to_string()),
            ("axes", "\"yx\"".to_string()),
            ("l", "[1, \"a b\"]".to_string()),
            ("text", "\"two \\\" words\"".to_string()),
            ("one", "\"x y\"".to_string()),
        ]
    );
    let step = parse_step_words("fold name=m from=raw day=2020-01-01 expr=a==b").unwrap();
    assert_eq!((step.name.as_str(), step.from.as_deref()), ("m", Some("raw")));
    assert_eq!(step.params[0].1, Value::Str("2020-01-01".to_string()));
    assert_eq!(step.params[1].1, Value::Str("a==b".to_string()));
}

#[test]
fn words_refused() {
    let errors: Vec<String> = [
        "",
        "sigma=2",
        "blur sigma",
        "blur sigma=",
        "blur =2",
        "blur sigma=1 sigma=2",
        "blur name=a name=b",
        "blur axes=[t,y]",
        "blur mode=\"wrap",
        "blur sigma=[1,2",
        "blur from=2",
        "blur name=a.b",
        "blur a={b=1}",
    ]
    .iter()
    .map(|w| parse_step_words(w).unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    the step is empty
    a step begins with the name of a kernel, not with sigma=2
    step "blur": "sigma" is not of the form key=value
    sigma= has no value
    step "blur": "=2" is not of the form key=value
    step "blur": sigma is given twice
    step "blur": name is given twice
    axes=[t,y] cannot be read: invalid boolean, expected `true`
    a closing " is missing in: blur mode="wrap
    a closing bracket is missing in: blur sigma=[1,2
    step "blur": from = 2 is not allowed: it takes the name of a step or input
    step "blur": "a.b" cannot be the name of a step
    step "blur": a = {b=1} is not allowed: it takes a text, a number, true or false, or a list of these
    "#);
}

#[test]
fn set_changes_one_thing() {
    let mut pipeline = parse(GOOD);
    for assignment in [
        "blur.sigma=2",
        "blur.mode=wrap",
        "flat.expr=raw - dark * 2",
        "inputs.raw=other file.npy",
        "inputs.dark.dtype=f32",
        "inputs.dark.shape=[4,-1]",
        "outputs.blur={path = \"2020.npy\", dtype = \"f64\"}",
        "outputs.profile=2020",
        "schedule.memory=64MiB",
        "schedule.threads=2",
        "profile.from=blur",
    ] {
        pipeline.set(assignment).unwrap_or_else(|e| panic!("{e}"));
    }
    let path = &pipeline.inputs[0];
    assert_eq!((path.path.as_str(), path.axes.as_deref(), path.path_in_file()), ("other file.npy", Some("tyx"), false));
    assert_eq!((pipeline.inputs[1].dtype, &pipeline.inputs[1].shape), (Some(DType::F32), &Some(vec![4, -1])));
    assert_eq!(pipeline.steps[0].params[0].1, Value::Str("raw - dark * 2".to_string()));
    assert_eq!(pipeline.steps[1].params[0].1, Value::Int(2));
    assert_eq!(pipeline.steps[1].params[2], ("mode".to_string(), Value::Str("wrap".to_string())));
    assert_eq!(pipeline.steps[2].from.as_deref(), Some("blur"));
    assert_eq!((pipeline.outputs[0].path.as_str(), pipeline.outputs[0].dtype), ("2020.npy", Some(DType::F64)));
    assert_eq!(pipeline.outputs[1].path, "2020");
    assert_eq!((pipeline.schedule.memory, pipeline.schedule.threads), (Some(64 << 20), Some(2)));
    // What was set has no place in the file any more: the step is blamed.
    pipeline.set("blur.sigma=-1").unwrap();
    let error = pipeline.check_with(kernels::TABLE).unwrap_err();
    assert_eq!(&GOOD[error.span.unwrap()], "\"blur\"");
}

#[test]
fn set_refuses() {
    let errors: Vec<String> = [
        "blur",
        "=2",
        "blur=2",
        "blru.sigma=2",
        "nothing.sigma=2",
        "inputs.rwa=F",
        "inputs.raw.shap=[1]",
        "inputs.raw.offset=-1",
        "inputs.raw={path=2}",
        "inputs.raw={path=\"half\", nix=2}",
        "outputs.zzzzzz=F",
        "outputs.blur.axes=yx",
        "schedule.memory=x",
        "schedule.threads=0",
        "schedule=2",
        "blur.name=z",
        "blur.sigma=",
        "blur.a.b=1",
    ]
    .iter()
    .map(|a| {
        let mut pipeline = parse(GOOD);
        let e = pipeline.set(a).unwrap_err();
        assert_eq!((e.span.clone(), pipeline), (None, parse(GOOD)));
        format!("{e}\n    {}", e.help.as_deref().unwrap_or("(no help)"))
    })
    .collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    --set blur: there is no = in it
        as in blur.sigma=2, inputs.raw=FILE, inputs.raw.dtype=u16, outputs.clean=FILE or schedule.memory=64MiB
    --set =2: "" is nothing that can be set
        as in blur.sigma=2, inputs.raw=FILE, inputs.raw.dtype=u16, outputs.clean=FILE or schedule.memory=64MiB
    --set blur=2: "blur" is nothing that can be set
        as in blur.sigma=2, inputs.raw=FILE, inputs.raw.dtype=u16, outputs.clean=FILE or schedule.memory=64MiB
    --set blru.sigma=2: there is no step "blru"
        did you mean "blur"?
    --set nothing.sigma=2: there is no step "nothing"
        steps: flat, blur, profile, inputs, outputs, schedule
    --set inputs.rwa=F: there is no input "rwa"
        did you mean "raw"?
    --set inputs.raw.shap=[1]: unknown key "shap"
        did you mean "shape"?
    --set inputs.raw.offset=-1: offset = -1 is not allowed: it takes a whole number of at least 0
        (no help)
    --set inputs.raw={path=2}: path = 2 is not allowed: it takes a path
        (no help)
    --set inputs.raw={path="half", nix=2}: unknown key "nix"
        keys of an input: path, dtype, shape, offset, order, endian, axes, column, separator, header, time_format
    --set outputs.zzzzzz=F: there is no output "zzzzzz"
        outputs: blur, profile
    --set outputs.blur.axes=yx: unknown key "axes"
        keys of an output: path, from, dtype, order, endian
    --set schedule.memory=x: "x" is not a size: write KiB, MiB, GiB, TiB (1024) or KB, MB, GB, TB (1000), as in "512MiB"
        (no help)
    --set schedule.threads=0: threads = 0 is not allowed: it takes a whole number from 1 to 65536
        (no help)
    --set schedule=2: say which key of the schedule
        memory, threads, io, tile
    --set blur.name=z: the step "blur" cannot be renamed
        (no help)
    --set blur.sigma=: sigma= has no value
        write "" for an empty text
    --set blur.a.b=1: "blur.a.b" is nothing that can be set
        as in blur.sigma=2, inputs.raw=FILE, inputs.raw.dtype=u16, outputs.clean=FILE or schedule.memory=64MiB
    "#);
}
