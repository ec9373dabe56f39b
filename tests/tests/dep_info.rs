//! Dep-info: what a build system must watch.

use std::fs;

use tests::{Lab, RustcExt};

fn dep_info(lab: &Lab, arguments: &[&str]) -> String {
    lab.write("main.rs", "fn main() { plain::plain!(); }");
    lab.rustc().args(["main.rs", "--emit=dep-info,metadata"]).args(arguments).outcome().success();
    fs::read_to_string(lab.join("main.d")).expect("rustc wrote dep-info")
}

/// Cargo rebuilds when a file of dep-info changes: that is how a new module is noticed.
#[test]
fn dep_info_lists_the_module_of_the_flag() {
    let lab = Lab::new();
    lab.module("plain", "plain");
    let text = dep_info(&lab, &["--wasm-proc-macro", "plain.wasm"]);
    let rule = text.lines().find(|line| line.starts_with("main.d:")).expect("a rule for the file itself");
    assert!(rule.split_whitespace().any(|word| word == "plain.wasm"), "{text}");
    assert!(text.lines().any(|line| line == "plain.wasm:"), "{text}");
}

/// A module that another one replaces on the command line has no part in the compilation.
#[test]
fn dep_info_does_not_list_a_module_that_is_replaced() {
    let lab = Lab::new();
    lab.module("plain", "plain");
    lab.module("words", "words");
    let text = dep_info(&lab, &["--wasm-proc-macro", "plain=words.wasm", "--wasm-proc-macro", "plain.wasm"]);
    assert!(text.contains("plain.wasm") && !text.contains("words.wasm"), "{text}");
}

/// What a macro tracks through `proc_macro` is listed, as natively.
#[test]
fn dep_info_lists_what_the_macro_tracks() {
    let lab = Lab::new();
    lab.module("diagnostics", "diagnostics");
    lab.write("tracked-by-macro.txt", "");
    lab.write("main.rs", "fn main() { diagnostics::track!(); }");
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--emit=dep-info,metadata", "--wasm-proc-macro", "diagnostics.wasm"]);
    lab.write("policy.toml", "[permissions.diagnostics]\nenv = ['TRACKED_BY_MACRO']\n");
    rustc.args(["--wasm-proc-macro-policy", "policy.toml"]);
    rustc.env("TRACKED_BY_MACRO", "seen").outcome().success();
    let text = fs::read_to_string(lab.join("main.d")).unwrap();
    assert!(text.contains("tracked-by-macro.txt"), "{text}");
    assert!(text.contains("# env-dep:TRACKED_BY_MACRO=seen"), "{text}");
}
