//! Macros that only native macros are built with: nobody has said that they are native, too.

mod support;

use serde_json::json;
use support::{Lab, refusal};

/// A lab in which the macro `host-only` is in no plan but one in which `first-derive` is native.
fn lab() -> Lab {
    let mut lab = Lab::usual();
    let hidden = lab.macros("host-only", &[]);
    lab.units[2]["deps"].as_array_mut().unwrap().push(json!({ "unit": hidden, "name": "host_only" }));
    lab.control = json!({ "hidden": "host-only" });
    lab
}

#[test]
fn a_macro_that_only_a_native_one_is_built_with_runs_from_wasm() {
    // Nobody has said that it runs natively, and the plan does not have it as long as the other one is to come from Wasm.
    let lab = lab();
    let output = lab.ok(&["build", "--forbid-native", "--native", "first-derive"]);
    assert!(
        output.stderr.ends_with("Used 2 macros from Wasm (1 cached), 1 native: first-derive (`--native`)\n"),
        "{}",
        output.stderr
    );
    assert_eq!(lab.take_modes(), ["plan", "build", "use", "plan", "build", "use"]);
    // What is planned for Wasm alone is planned once.
    lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "build", "use"]);
    lab.permit("[permissions.first-derive]\nnative = true\n");
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("Used 2 macros from Wasm (2 cached), 1 native: first-derive"), "{}", output.stderr);
}

#[test]
fn a_macro_that_only_a_native_one_is_built_with_is_granted_what_it_asks_for() {
    // The name that it is granted under is none of the first plan's.
    let mut lab = lab();
    lab.control["refusals"] = json!([refusal("host-only", "env", "X")]);
    lab.permit("[permissions.first-derive]\nnative = true\n");
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("\n[permissions.host-only]\nenv = [\"X\"]\n"), "{}", output.stderr);
    lab.ok(&["permissions", "--accept"]);
    let output = lab.ok(&["build"]);
    assert!(!output.stderr.contains("warning"), "{}", output.stderr);
    for more in [&["--native", "host-only"][..], &["--only", "second-derive"]] {
        let output = lab.ok(&[&["build", "--forbid-native", "--native", "first-derive"], more].concat());
        assert!(output.stderr.contains("Used 1 macro from Wasm (1 cached), 2 native:"), "{}", output.stderr);
    }
    assert_eq!(lab.run(&["build", "--native", "nobody"]).code, 101);
}

#[test]
fn a_macro_that_becomes_native_in_a_build_is_planned_so() {
    // And what was decided about it stays decided, or it would be built and refused for ever.
    let refused = json!([refusal("first-derive", "env", "X")]);
    let failing = json!({ "first-derive": "error: bad" });
    for (name, trouble, reason) in
        [("refusals", refused, "was refused the environment variable `X`)"), ("failing", failing, "error: bad)")]
    {
        let mut lab = lab();
        lab.settings = json!({ "on-refusal": "native" });
        lab.control[name] = trouble;
        let output = lab.ok(&["build", "--retry"]);
        assert!(
            output.stderr.contains(&format!("1 native: first-derive (`on-refusal = \"native\"`; {reason}")),
            "{}",
            output.stderr
        );
        let modes = lab.take_modes();
        assert_eq!(modes.iter().filter(|mode| *mode == "plan").count(), 2, "{modes:?}");
    }
}
