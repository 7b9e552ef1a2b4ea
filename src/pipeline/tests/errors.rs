//! Refusals of the text alone, as a person sees them.

use super::*;

#[test]
fn syntax() {
    insta::assert_snapshot!(changed("sigma = 1.5", "sigma 1.5"), @r"
    error: not valid TOML: key with no value, expected `=`
      --> p.toml:12:7
       |
    12 | sigma 1.5
       |       ^ here
    ");
    insta::assert_snapshot!(changed("\"512MiB\"", "\"512MiB"), @r#"
    error: not valid TOML: invalid basic string, expected `"`
      --> p.toml:26:17
       |
    26 | memory = "512MiB
       |                 ^ here
    "#);
    insta::assert_snapshot!(changed("sigma = 1.5", "sigma = 1.5\nsigma = 2"), @r"
    error: not valid TOML: duplicate key
      --> p.toml:13:1
       |
    13 | sigma = 2
       | ^^^^^ here
    ");
}

#[test]
fn nothing_to_do() {
    insta::assert_snapshot!(shown(""), @r#"
    error: the pipeline is empty
    --> p.toml
     = help: a pipeline begins like this:
                 [inputs]
                 raw = "stack.npy"
                 [[step]]
                 kernel = "gaussian"
                 sigma = 1.5
                 [outputs]
                 gaussian = "smooth.npy"
    "#);
    insta::assert_snapshot!(shown("\n# nothing\n"), @r#"
    error: the pipeline is empty
     --> p.toml:2:1
      |
    2 | # nothing
      | ^^^^^^^^^
      |
      = help: a pipeline begins like this:
                  [inputs]
                  raw = "stack.npy"
                  [[step]]
                  kernel = "gaussian"
                  sigma = 1.5
                  [outputs]
                  gaussian = "smooth.npy"
    "#);
    insta::assert_snapshot!(shown("[outputs]\na = \"a.npy\"\n"), @r#"
    error: the pipeline has no inputs
     --> p.toml:1:1
      |
    1 | [outputs]
      | ^^^^^^^^^
      |
      = help: write [inputs], and below it: raw = "stack.npy"
    "#);
    insta::assert_snapshot!(shown("[inputs]\n[outputs]\na = \"a.npy\"\n"), @r#"
    error: the pipeline has no inputs
     --> p.toml:1:1
      |
    1 | [inputs]
      | ^^^^^^^^
      |
      = help: write [inputs], and below it: raw = "stack.npy"
    "#);
    insta::assert_snapshot!(shown("[inputs]\na = \"a.npy\"\n"), @r#"
    error: the pipeline has no outputs
     --> p.toml:2:1
      |
    2 | a = "a.npy"
      | ^^^^^^^^^^^ nothing is written
      |
      = help: write [outputs], and below it: a = "out.npy"
    "#);
}

#[test]
fn unknown_keys() {
    insta::assert_snapshot!(changed("[schedule]", "[shedule]"), @r#"
    error: unknown table "shedule"
      --> p.toml:25:2
       |
    25 | [shedule]
       |  ^^^^^^^ not part of a pipeline
       |
       = help: did you mean "schedule"?
    "#);
    insta::assert_snapshot!(changed("dtype = \"u16\"", "dtyp = \"u16\""), @r#"
    error: unknown key "dtyp"
     --> p.toml:4:29
      |
    4 | dark = { path = "dark.dat", dtyp = "u16", shape = [8, 8], axes = "yx" }
      |                             ^^^^ not a key of an input
      |
      = help: did you mean "dtype"?
    "#);
    insta::assert_snapshot!(changed("memory = \"512MiB\"", "cache = \"no\""), @r#"
    error: unknown key "cache"
      --> p.toml:26:1
       |
    26 | cache = "no"
       | ^^^^^ not a key of the schedule
       |
       = help: keys of the schedule: memory, threads, io, tile
    "#);
    insta::assert_snapshot!(changed("kernel = \"blur\"", "kernal = \"blur\""), @r#"
    error: unknown key "kernal": the step has no kernel
      --> p.toml:11:1
       |
    11 | kernal = "blur"
       | ^^^^^^ not a key of a step
       |
       = help: did you mean "kernel"?
    "#);
    insta::assert_snapshot!(changed("kernel = \"blur\"", ""), @r#"
    error: the step has no kernel
      --> p.toml:10:1
       |
    10 | [[step]]
       | ^^^^^^^^
       |
       = help: say kernel = "…" (tilewise kernels lists them) or expr = "…"
    "#);
}

#[test]
fn wrong_values_of_steps_and_parts() {
    insta::assert_snapshot!(changed("sigma = 1.5", "sigma = -1.5"), @r#"
    error: step "blur": sigma = -1.5 is not allowed: it takes a number from 0 to 100, or a list with one for each axis
      --> p.toml:12:9
       |
    12 | sigma = -1.5
       |         ^^^^
    "#);
    insta::assert_snapshot!(changed("sigma = 1.5", "sigma = \"big\""), @r#"
    error: step "blur": sigma = "big" is not allowed: it takes a number from 0 to 100, or a list with one for each axis
      --> p.toml:12:9
       |
    12 | sigma = "big"
       |         ^^^^^
    "#);
    insta::assert_snapshot!(changed("sigma = 1.5", "sigma = 2020-01-01"), @r"
    error: sigma is a date or a table
      --> p.toml:12:9
       |
    12 | sigma = 2020-01-01
       |         ^^^^^^^^^^
       |
       = help: parameters are texts, numbers, true or false, or lists of these
    ");
    insta::assert_snapshot!(changed("sigma = 1.5", ""), @r#"
    error: step "blur": the parameter "sigma" is missing
      --> p.toml:11:10
       |
    11 | kernel = "blur"
       |          ^^^^^^
       |
       = help: sigma = …: a number from 0 to 100, or a list with one for each axis
    "#);
    insta::assert_snapshot!(shown("[inputs]\na = \"a.npy\"\n[step]\nkernel = \"blur\"\n"), @r"
    error: steps are a list
     --> p.toml:3:1
      |
    3 | [step]
      | ^^^^^^ one table
      |
      = help: write [[step]], in double brackets, above each step
    ");
}

#[test]
fn wrong_values_of_inputs() {
    insta::assert_snapshot!(changed("dtype = \"u16\"", "dtype = \"u61\""), @r#"
    error: dtype = "u61" is not allowed: it takes a dtype (bool u8 u16 u32 u64 i8 i16 i32 i64 f16 bf16 f32 f64 c64 c128)
     --> p.toml:4:37
      |
    4 | dark = { path = "dark.dat", dtype = "u61", shape = [8, 8], axes = "yx" }
      |                                     ^^^^^
      |
      = help: did you mean "u16"?
    "#);
    insta::assert_snapshot!(changed("shape = [8, 8]", "shape = [-1, -1]"), @r#"
    error: shape has 2 entries of -1
     --> p.toml:4:52
      |
    4 | dark = { path = "dark.dat", dtype = "u16", shape = [-1, -1], axes = "yx" }
      |                                                    ^^^^^^^^
      |
      = help: one of them can follow from the file's size, not more
    "#);
    insta::assert_snapshot!(changed("shape = [8, 8]", "shape = [4294967296, 4294967296]"), @r#"
    error: shape [4294967296, 4294967296] has more than 2^63 elements
     --> p.toml:4:52
      |
    4 | dark = { path = "dark.dat", dtype = "u16", shape = [4294967296, 4294967296], axes = "yx" }
      |                                                    ^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(changed("shape = [8, 8]", "shape = 8"), @r#"
    error: shape = 8 is not allowed: it takes a list of extents, as in [100, 512, 512]; one may be -1
     --> p.toml:4:52
      |
    4 | dark = { path = "dark.dat", dtype = "u16", shape = 8, axes = "yx" }
      |                                                    ^
    "#);
    insta::assert_snapshot!(changed("path = \"dark.dat\", ", ""), @r#"
    error: the input "dark" has no path
     --> p.toml:4:8
      |
    4 | dark = { dtype = "u16", shape = [8, 8], axes = "yx" }
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write path = "…", or only the path in quotes
    "#);
    insta::assert_snapshot!(changed("axes = \"tyx\"", "axes = \"tyy\""), @r#"
    error: axes = "tyy": 'y' appears twice
     --> p.toml:3:37
      |
    3 | raw  = { path = "stack.npy", axes = "tyy" }
      |                                     ^^^^^
    "#);
}

#[test]
fn wrong_values_of_the_schedule() {
    insta::assert_snapshot!(changed("\"512MiB\"", "\"512M\""), @r#"
    error: "512M" is not a size: write KiB, MiB, GiB, TiB (1024) or KB, MB, GB, TB (1000), as in "512MiB"
      --> p.toml:26:10
       |
    26 | memory = "512M"
       |          ^^^^^^
    "#);
    insta::assert_snapshot!(changed("memory = \"512MiB\"", "tile = [1, 0]"), @r"
    error: tile = [1, 0] is not allowed: it takes a list of whole numbers of at least 1, as in [1, 256, 1024]
      --> p.toml:26:8
       |
    26 | tile = [1, 0]
       |        ^^^^^^
    ");
    insta::assert_snapshot!(changed("memory = \"512MiB\"", "threads = 0"), @r"
    error: threads = 0 is not allowed: it takes a whole number from 1 to 65536
      --> p.toml:26:11
       |
    26 | threads = 0
       |           ^
    ");
}

#[test]
fn one_line_and_odd_texts() {
    let text = GOOD.replace("sigma = 1.5", "sigma = -1.5");
    let error = build(&text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "step \"blur\": sigma = -1.5 is not allowed: it takes a number from 0 to 100, or a list with one for each axis"
    );
    let error = error.located("pipelines/x.toml", &text);
    assert!(error.to_string().starts_with("pipelines/x.toml:12, step \"blur\": sigma = -1.5"), "{error}");
    assert_eq!(error.location.as_ref().and_then(|l| l.column), Some(9));
    assert!(error.render_styled("x", &text).contains('\u{1b}'));
    // Columns count characters, and keys cannot paint the terminal.
    insta::assert_snapshot!(shown("[inputs]\n\"é\" = \"é\"\n[outputs]\n\"a\\u001b[31mb\" = \"é\""), @r#"
    error: "a\u{1b}[31mb" cannot be the name of an output
     --> p.toml:4:1
      |
    4 | "a\u001b[31mb" = "é"
      | ^^^^^^^^^^^^^^
      |
      = help: names are letters, digits, _ and -, and begin with a letter
    "#);
    // A wrong number of arrays is the caller's slip.
    let error = parse(GOOD).bind_with(&[], kernels::TABLE).unwrap_err();
    assert_eq!(error.to_string(), "0 arrays were given for 2 inputs");
}
