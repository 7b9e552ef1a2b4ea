//! Refusals of names, parameters and arrays, as a person sees them.

use super::*;

#[test]
fn unknown_kernels_and_parameters() {
    insta::assert_snapshot!(changed("kernel = \"blur\"", "kernel = \"blurr\""), @r#"
    error: there is no kernel "blurr"
      --> p.toml:11:10
       |
    11 | kernel = "blurr"
       |          ^^^^^^^ unknown kernel
       |
       = help: did you mean "blur"?
    "#);
    insta::assert_snapshot!(changed("kernel = \"fold\"", "kernel = \"transmogrify\""), @r#"
    error: step "profile": there is no kernel "transmogrify"
      --> p.toml:17:10
       |
    17 | kernel = "transmogrify"
       |          ^^^^^^^^^^^^^^ unknown kernel
       |
       = help: tilewise kernels lists them
    "#);
    insta::assert_snapshot!(changed("sigma = 1.5", "sgima = 1.5"), @r#"
    error: step "blur": unknown parameter "sgima"
      --> p.toml:12:1
       |
    12 | sgima = 1.5
       | ^^^^^ not a parameter of blur
       |
       = help: did you mean "sigma"?
    "#);
}

#[test]
fn unknown_arrays() {
    insta::assert_snapshot!(changed("from = \"flat\"", "from = \"flt\""), @r#"
    error: step "profile": there is no input or step "flt"
      --> p.toml:18:8
       |
    18 | from = "flt"
       |        ^^^^^ unknown
       |
       = help: did you mean "flat"?
    "#);
    insta::assert_snapshot!(changed("(raw - dark)", "(raw - drak)"), @r#"
    error: step "flat": there is no input or step "drak"
     --> p.toml:8:16
      |
    8 | expr = "(raw - drak) / 4096"
      |                ^^^^ unknown
      |
      = help: did you mean "dark"?
    "#);
    // In a text of several lines, and where an escape makes the file differ from the text.
    insta::assert_snapshot!(changed("\"(raw - dark) / 4096\"", "\"\"\"\n(raw -\n drak) / 4096\"\"\""), @r#"
    error: step "flat": there is no input or step "drak"
      --> p.toml:10:2
       |
    10 |  drak) / 4096"""
       |  ^^^^ unknown
       |
       = help: did you mean "dark"?
    "#);
    insta::assert_snapshot!(changed("(raw - dark) / 4096", "(raw - drak) /\\t4096"), @r#"
    error: step "flat": there is no input or step "drak"
     --> p.toml:8:8
      |
    8 | expr = "(raw - drak) /\t4096"
      |        ^^^^^^^^^^^^^^^^^^^^^^ unknown
      |
      = help: did you mean "dark"?
    "#);
    insta::assert_snapshot!(changed("profile = \"out/profile.npy\"", "profil = \"out/profile.npy\""), @r#"
    error: the output "profil" is of no known step: "profil"
      --> p.toml:23:1
       |
    23 | profil = "out/profile.npy"
       | ^^^^^^ unknown
       |
       = help: did you mean "profile"? (from = "…" names the step where the output's own name does not)
    "#);
    insta::assert_snapshot!(changed("dtype = \"u8\"", "from = \"blru\""), @r#"
    error: the output "blur" is of no known step: "blru"
      --> p.toml:22:44
       |
    22 | blur    = { path = "out/clean.npy", from = "blru" }
       |                                            ^^^^^^ unknown
       |
       = help: did you mean "blur"? (from = "…" names the step where the output's own name does not)
    "#);
}

#[test]
fn names_in_use() {
    insta::assert_snapshot!(changed("name = \"profile\"", "name = \"flat\""), @r#"
    error: two steps are called "flat"
      --> p.toml:16:8
       |
    16 | name = "flat"
       |        ^^^^^^ the second of that name
       |
       = help: give it another name: name = "…" (without one, a step has the name of its kernel)
    "#);
    insta::assert_snapshot!(changed("name = \"profile\"", "name = \"raw\""), @r#"
    error: a step and an input are both called "raw"
      --> p.toml:16:8
       |
    16 | name = "raw"
       |        ^^^^^ the second of that name
       |
       = help: give it another name: name = "…" (without one, a step has the name of its kernel)
    "#);
    insta::assert_snapshot!(changed("name = \"profile\"", "name = \"a b\""), @r#"
    error: "a b" cannot be the name of a step
      --> p.toml:16:8
       |
    16 | name = "a b"
       |        ^^^^^
       |
       = help: names are letters, digits, _ and -, and begin with a letter
    "#);
    insta::assert_snapshot!(changed("name = \"profile\"", "name = \"inputs\""), @r#"
    error: "inputs" cannot be the name of a step: that word means a part of the file
      --> p.toml:16:8
       |
    16 | name = "inputs"
       |        ^^^^^^^^
       |
       = help: choose another name
    "#);
}

#[test]
fn cycles() {
    insta::assert_snapshot!(changed("(raw - dark)", "(raw - profile)"), @r#"
    error: step "flat": the steps form a cycle: flat → profile → flat
     --> p.toml:8:16
      |
    8 | expr = "(raw - profile) / 4096"
      |                ^^^^^^^ "flat" takes "profile" here
      |
      = help: let one of them take an input or an earlier step
    "#);
    insta::assert_snapshot!(changed("(raw - dark)", "(raw - flat)"), @r#"
    error: step "flat": the steps form a cycle: flat → flat
     --> p.toml:8:16
      |
    8 | expr = "(raw - flat) / 4096"
      |                ^^^^ "flat" takes "flat" here
      |
      = help: let one of them take an input or an earlier step
    "#);
}

#[test]
fn undecided_and_taken() {
    insta::assert_snapshot!(changed("expr = \"(raw - dark) / 4096\"", "kernel = \"split\""), @r#"
    error: step "flat": the step does not say which array it takes
     --> p.toml:8:10
      |
    8 | kernel = "split"
      |          ^^^^^^^ the first step, and there are 2 inputs
      |
      = help: say from = "raw" or from = "dark"
    "#);
    insta::assert_snapshot!(changed("out/profile.npy", "out/clean.npy"), @r#"
    error: the output "profile" has the path of the output "blur": out/clean.npy
      --> p.toml:23:11
       |
    23 | profile = "out/clean.npy"
       |           ^^^^^^^^^^^^^^^ taken already
       |
       = help: write to another file
    "#);
    insta::assert_snapshot!(changed("out/profile.npy", "stack.npy"), @r#"
    error: the output "profile" has the path of the input "raw": stack.npy
      --> p.toml:23:11
       |
    23 | profile = "stack.npy"
       |           ^^^^^^^^^^^ taken already
       |
       = help: write to another file
    "#);
}

#[test]
fn arrays_that_do_not_fit() {
    insta::assert_snapshot!(changed("axes = \"tyx\"", "axes = \"yx\""), @r#"
    error: axes = "yx" names 2 axes, the array has 3
     --> p.toml:3:37
      |
    3 | raw  = { path = "stack.npy", axes = "yx" }
      |                                     ^^^^ "raw" is u16 [4, 8, 8]
      |
      = help: give one letter for each axis
    "#);
    insta::assert_snapshot!(changed("axes = \"yx\"\n\n[[step]]", "axis = \"yz\"\n\n[[step]]"), @r#"
    error: step "blur": the array has no axis named "z"; its axes are "tyx"
      --> p.toml:13:8
       |
    13 | axis = "yz"
       |        ^^^^ takes flat: f32 [4, 8, 8] tyx
    "#);
    insta::assert_snapshot!(changed("sigma = 1.5", "sigma = [1, 2, 3]"), @r#"
    error: step "blur": sigma has 3 entries, the step works along 2 axes
      --> p.toml:12:9
       |
    12 | sigma = [1, 2, 3]
       |         ^^^^^^^^^ takes flat: f32 [4, 8, 8] tyx
       |
       = help: give one number for all axes, or one for each
    "#);
    insta::assert_snapshot!(changed("\"blur\"\nsigma = 1.5\naxes = \"yx\"", "\"nothing\"\nname = \"blur\""), @r#"
    error: step "blur": the kernel gives no result for these arrays
      --> p.toml:11:10
       |
    11 | kernel = "nothing"
       |          ^^^^^^^^^ takes flat: f32 [4, 8, 8] tyx
    "#);
    insta::assert_snapshot!(changed("dtype = \"u8\"", "dtype = \"c64\""), @r#"
    error: the output "blur": no fake casts to complex
      --> p.toml:22:45
       |
    22 | blur    = { path = "out/clean.npy", dtype = "c64" }
       |                                             ^^^^^ blur is f32 [4, 8, 8] tyx
       |
       = help: take f32
    "#);
    insta::assert_snapshot!(changed("(raw - dark) / 4096", "4096"), @r#"
    error: step "flat": the step does not say which array it takes
     --> p.toml:8:8
      |
    8 | expr = "4096"
      |        ^^^^^^ the first step, and there are 2 inputs
      |
      = help: say from = "raw" or from = "dark"
    "#);
}
