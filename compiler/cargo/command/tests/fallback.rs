//! Macros that do not run from Wasm: why, and what is done about it.

mod support;

use std::fs;

use serde_json::json;
use support::{Lab, names};

#[test]
fn a_macro_that_cannot_be_built_runs_natively() {
    // The project has to build all the same, and the next run must not try again.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "first-derive": "error[E0433]: no `ring`\n --> x.rs" } });
    let output = lab.ok(&["build"]);
    let expected = "        Used 1 macro from Wasm, 1 native: first-derive (error[E0433]: no `ring`)\n";
    assert!(output.stderr.ends_with(expected), "{}", output.stderr);
    let request = &lab.take_calls("use")[0]["request"];
    assert_eq!(request["native"], json!(["/registry/first-derive-1.0.0/src/lib.rs"]));
    assert_eq!(names(&request["modules"]), ["inner-derive", "second-derive"]);

    let output = lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    assert!(output.stderr.contains("no `ring`; known from before, `--retry` tries again)"), "{}", output.stderr);

    lab.control = json!({});
    assert!(lab.ok(&["build", "--retry"]).stderr.ends_with("Used 2 macros from Wasm (1 cached)\n"));
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 2 macros from Wasm (2 cached)\n"), "it is forgotten");
}

#[test]
fn a_library_that_cannot_be_built_makes_its_macros_native() {
    // The reason is the library's and names it. Here it stops all three, of which the inner one is not run from Wasm any more.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "syn": "error: bad" } });
    let output = lab.ok(&["build"]);
    let expected =
        "Used 0 macros from Wasm, 3 native: first-derive, inner-derive, second-derive (syn v1.0.0: error: bad)\n";
    assert!(output.stderr.ends_with(expected), "{}", output.stderr);
}

#[test]
fn a_macro_is_tried_again_with_a_native_one() {
    // Its own code is fine, so it can run from Wasm.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "inner-derive": "error: bad" } });
    let output = lab.ok(&["build"]);
    let builds = lab.take_calls("build");
    assert_eq!(builds.len(), 2);
    assert_eq!(names(&builds[1]["request"]["build"]), ["second-derive"]);
    assert_eq!(builds[1]["request"]["native"], json!(["/registry/inner-derive-1.0.0/src/lib.rs"]));
    assert!(output.stderr.ends_with("Used 2 macros from Wasm\n"), "{}", output.stderr);
}

#[test]
fn a_build_script_that_fails_stops_only_its_macros() {
    // Cargo says so on standard error only.
    let mut lab = Lab::usual();
    let error = "error: failed to run custom build command for `first-derive v1.0.0`\n  --- stderr\n  no C compiler\n";
    lab.control = json!({ "lost": ["first-derive"], "build_stderr": error });
    let output = lab.ok(&["build"]);
    let expected = "Used 1 macro from Wasm, 1 native: first-derive (its build script failed: no C compiler)\n";
    assert!(output.stderr.ends_with(expected), "{}", output.stderr);
    assert_eq!(lab.take_calls("build").len(), 1);
}

#[test]
fn a_module_that_never_comes_is_no_endless_loop() {
    // Another call would end as the first one.
    let mut lab = Lab::usual();
    lab.control = json!({ "lost": ["first-derive"], "build_stderr": "error: something else\n" });
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("1 native: first-derive (error: something else)"), "{}", output.stderr);
    assert_eq!(lab.stored("failures"), Vec::<std::path::PathBuf>::new(), "nobody knows what that was");
}

#[test]
fn a_module_that_the_compiler_would_refuse_is_not_used() {
    // Native code that links by accident ends in imports that nobody offers.
    let lab = Lab::usual();
    fs::write(lab.path("fake/modules/first_derive-1.0.0.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("1 native: first-derive (its module cannot be used: "), "{}", output.stderr);
}

#[test]
fn a_full_disk_is_not_remembered() {
    // It says nothing about the macro.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "first-derive": "error: No space left on device" } });
    lab.ok(&["build"]);
    lab.control = json!({});
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 2 macros from Wasm (1 cached)\n"));
}

/// A macro that is built from a package which links a native library, and another one that uses it.
fn linking() -> Lab {
    let mut lab = Lab::new();
    let script = lab.unit("ring-sys", "custom-build", "run-custom-build", "wasm32-wasip1", &[]);
    lab.units[script]["links"] = json!("ring");
    let library = lab.unit("ring-sys", "lib", "build", "wasm32-wasip1", &[script]);
    let ring = lab.macros("ring-macro", &[library]);
    let outer = lab.macros("outer-macro", &[ring]);
    lab.root("app", &[ring, outer]);
    lab
}

#[test]
fn a_native_library_that_cannot_be_built_for_wasm_is_the_reason() {
    // What fails then is a C compiler or a linker, whose messages say little.
    let mut lab = linking();
    for (package, error) in [("ring-sys", "error: no `<stdio.h>`"), ("ring-macro", "error: linking")] {
        lab.control = json!({ "failing": { package: error } });
        let output = lab.ok(&["build", "--retry"]);
        let reason = format!(" 1 native: ring-macro (links = \"ring\" in ring-sys v1.0.0: {error})\n");
        assert!(output.stderr.ends_with(&reason), "{}", output.stderr);
    }
    lab.take_modes();
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("error: linking; known from before"), "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
}

#[test]
fn a_package_that_says_what_it_links_may_work_nevertheless() {
    // Many say so only in order to be there once: prettyplease and others.
    let lab = linking();
    let output = lab.ok(&["build"]);
    assert!(output.stderr.ends_with("Used 2 macros from Wasm\n"), "{}", output.stderr);
}

#[test]
fn forbidden_fallback_is_an_error_before_anything_is_native() {
    // Continuous integration wants to know, and wants to know all of it.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "first-derive": "error: bad", "second-derive": "error: worse" } });
    for expected in [["plan", "build"].as_slice(), &["plan"]] {
        let output = lab.run(&["build", "--forbid-native"]);
        assert_eq!(output.code, 101);
        assert!(output.stderr.contains("error: 2 macros cannot run from Wasm"), "{}", output.stderr);
        assert!(output.stderr.contains("  first-derive v1.0.0: error: bad"), "{}", output.stderr);
        assert!(
            output.stderr.contains("`--native first-derive --native second-derive` allows it"),
            "{}",
            output.stderr
        );
        assert_eq!(lab.take_modes(), expected);
    }
    let chosen = ["build", "--forbid-native", "--native=first-derive", "--native", "second-derive"];
    assert_eq!(lab.run(&chosen).code, 0, "a choice is no fallback");
}

#[test]
fn people_choose_what_is_native() {
    // By name, by version and by id; what is chosen is said.
    let mut lab = Lab::usual();
    lab.units[2]["version"] = json!("2.1.0");
    lab.write_module("first-derive", "2.1.0", b"");
    for spec in ["first-derive", "first-derive@2", "registry+https://example.org/index#first-derive@1.0.0"] {
        let output = lab.ok(&["build", "--native", spec]);
        assert!(output.stderr.contains(" 1 native: first-derive (`--native`)\n"), "{}", output.stderr);
    }
    let output = lab.ok(&["build", "--only", "second-derive"]);
    assert!(
        output.stderr.ends_with("1 macro from Wasm (1 cached), 1 native: first-derive (not in `--only`)\n"),
        "{}",
        output.stderr
    );
    let output = lab.ok(&["build", "--only", "first-derive", "--native", "second-derive"]);
    let tail = "2 native:\n             second-derive (`--native`)\n             inner-derive (not in `--only`)\n";
    assert!(output.stderr.ends_with(tail), "{}", output.stderr);
}

#[test]
fn a_name_that_nothing_has_is_an_error_with_near_ones() {
    // Silently doing nothing would look like having done it.
    let lab = Lab::usual();
    let output = lab.run(&["build", "--native", "frist-derive"]);
    assert_eq!(output.code, 101);
    assert!(
        output.stderr.contains("error: `--native frist-derive` names no macro package of this project"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("help: did you mean `first-derive`?"), "{}", output.stderr);
    let output = lab.run(&["build", "--only", "syn"]);
    assert!(output.stderr.contains("syn v1.0.0 has no procedural macros"), "{}", output.stderr);
    assert_eq!(lab.run(&["build", "--native", "first-derive@3"]).code, 101);
}

#[test]
fn what_became_of_a_macro_whose_source_may_change_is_explained() {
    // It is tried again each time, so nothing is decided yet; but people ask after a run that told them something.
    let mut lab = Lab::usual();
    lab.make_local(2);
    let explained = |lab: &Lab| lab.ok(&["build", "--explain", "first-derive"]).stdout;
    assert!(explained(&lab).contains("since its source may change\n"));
    lab.control = json!({ "failing": { "first-derive": "error: bad" } });
    lab.ok(&["build"]);
    assert!(explained(&lab).contains("; last time it ran natively: error: bad\n"), "{}", explained(&lab));
    lab.control = json!({});
    lab.ok(&["build"]);
    assert!(explained(&lab).contains("since its source may change\n"), "{}", explained(&lab));
}
