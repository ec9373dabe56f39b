//! From the plan to the summary: what Cargo is asked, in which order, and what is kept.

mod support;

use serde_json::{Value, json};
use support::{Lab, names};

#[test]
fn macros_are_planned_built_and_used() {
    // The whole way, as a newcomer takes it first.
    let lab = Lab::usual();
    let output = lab.ok(&["wasm-proc-macro", "build", "--release"]);
    let calls = lab.calls();
    let modes: Vec<&Value> = calls.iter().map(|call| &call["mode"]).collect();
    assert_eq!(modes, ["plan", "build", "use"]);
    for call in &calls {
        assert_eq!(call["args"], json!(["build", "--release"]));
    }
    assert_eq!(names(&calls[1]["request"]["build"]), ["first-derive", "inner-derive", "second-derive"]);
    assert_eq!(calls[1]["request"]["build"][0]["features"], json!(["default"]));
    assert_eq!(names(&calls[2]["request"]["modules"]), ["first-derive", "inner-derive", "second-derive"]);
    assert!(output.stderr.contains("    Building first-derive v1.0.0 (wasm32-wasip1)"), "{}", output.stderr);
    assert!(output.stderr.contains("        Used 2 macros from Wasm\n"), "{}", output.stderr);
    assert_eq!(output.stdout, "");
}

#[test]
fn the_second_run_builds_nothing() {
    // This is what the store is for, and the module behind another is not even looked for.
    let lab = Lab::usual();
    lab.ok(&["build"]);
    lab.take_modes();
    let output = lab.ok(&["build"]);
    let calls = lab.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    let modules = &calls[1]["request"]["modules"];
    assert_eq!(names(modules), ["first-derive", "second-derive"]);
    assert_eq!(modules[0]["digest"].as_str().unwrap().len(), 64);
    assert!(output.stderr.ends_with("        Used 2 macros from Wasm (2 cached)\n"), "{}", output.stderr);
}
