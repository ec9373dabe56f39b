//! Macros that need what the sandbox refuses: they are found out once, and nothing of the user's is run twice.

mod support;

use serde_json::{Value, json};
use support::Lab;

fn lab() -> Lab {
    let mut lab = Lab::usual();
    lab.control = json!({
        "refusals": [{ "crate": "first_derive", "version": "1.0.0", "macro": "First", "refused": "to open `/etc/passwd`" }],
    });
    lab
}

#[test]
fn a_macro_that_fails_in_the_sandbox_runs_natively_from_then_on() {
    // The build has to succeed as it does with plain Cargo, and the next one without a detour.
    let mut lab = lab();
    lab.control["needs_native"] = json!("first_derive");
    let output = lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "build", "use", "use"]);
    assert!(
        output.stderr.contains("warning: the sandbox refused first-derive v1.0.0: to open `/etc/passwd` (`First`)"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("    Retrying with first-derive running natively\n"), "{}", output.stderr);
    let reason = "native: first-derive (needs what the sandbox refuses: to open `/etc/passwd` (`First`)";
    assert!(output.stderr.contains(reason), "{}", output.stderr);

    let output = lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    assert!(output.stderr.contains(reason), "{}", output.stderr);

    lab.control = json!({});
    lab.ok(&["build", "--retry"]);
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 2 macros from Wasm (2 cached)\n"), "it is forgotten");
}

#[test]
fn the_macros_of_a_macro_that_becomes_native_still_come_from_wasm() {
    // Only the one that was refused something has to leave the sandbox.
    let mut lab = Lab::usual();
    lab.ok(&["build"]);
    lab.control = json!({
        "refusals": [{ "crate": "second_derive", "version": "1.0.0", "macro": "Second", "refused": "a socket" }],
        "needs_native": "second_derive",
    });
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("Used 2 macros from Wasm (2 cached), 1 native: second-derive"), "{}", output.stderr);
}

#[test]
fn a_refusal_that_does_no_harm_changes_nothing() {
    // Many macros look for a file that need not be there.
    let lab = lab();
    let output = lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "build", "use"]);
    assert!(output.stderr.contains("help: `--native first-derive` runs first-derive natively"), "{}", output.stderr);
    assert!(output.stderr.ends_with("Used 2 macros from Wasm\n"), "{}", output.stderr);
}

#[test]
fn programs_and_tests_that_fail_are_not_run_twice() {
    // They may have done something that must not be done twice, and they were compiled.
    let mut lab = lab();
    lab.control["use_code"] = json!(101);
    // What Cargo is asked in between has the same arguments, since others may be refused or lead to other crates.
    for line in [&["run", "-p", "x", "--", "--native", "y"][..], &["run", "7"], &["test", "--doc"], &["bench"]] {
        assert_eq!(lab.run(line).code, 101);
        let uses = lab.take_calls("use");
        let runs_nothing: Vec<&Value> = uses.iter().map(|call| &call["request"]["runs_nothing"]).collect();
        assert_eq!(runs_nothing, [false, true], "{line:?}");
        assert_eq!((&uses[0]["args"], &uses[1]["args"]), (&json!(line), &json!(line)));
    }
    lab.control["use_code"] = json!(3);
    assert_eq!(lab.run(&["run"]).code, 3);
    assert_eq!(lab.take_calls("use").len(), 1, "the code of a program and not of the compiler");
}

#[test]
fn tests_that_do_not_compile_are_tried_again_with_any_arguments() {
    // `--no-run` is what CI calls first.
    for line in [&["test", "--no-run"][..], &["bench", "--no-run"], &["run", "7"], &["test", "--doc"]] {
        let mut lab = lab();
        lab.control["needs_native"] = json!("first_derive");
        let output = lab.ok(line);
        assert!(output.stderr.contains("    Retrying with first-derive running natively\n"), "{}", output.stderr);
    }
}

#[test]
fn a_retry_that_succeeds_is_remembered_whatever_was_refused() {
    // One macro looks for a file that need not be there, and another one had a reason that is gone.
    let mut lab = lab();
    lab.control["needs_native"] = json!("first_derive");
    lab.ok(&["build"]);
    assert_eq!(lab.stored("refused").len(), 1);
    lab.control["needs_native"] = json!(null);
    lab.ok(&["build", "--retry"]);
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 2 macros from Wasm (2 cached)\n"));
}

#[test]
fn what_fails_natively_too_is_not_held_against_the_sandbox() {
    // Otherwise each typing error of the user's would cost a macro its sandbox.
    let mut lab = lab();
    lab.control["use_code"] = json!(101);
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("so the sandbox was not the reason"), "{}", output.stderr);
    assert_eq!(lab.stored("refused"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_second_try_is_a_fallback_that_can_be_forbidden() {
    // It would be native.
    let mut lab = lab();
    lab.control["needs_native"] = json!("first_derive");
    let output = lab.run(&["build", "--forbid-native"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("`--native first-derive` allows it"), "{}", output.stderr);
    assert_eq!(lab.take_calls("use").len(), 1);
}

#[test]
fn of_a_macro_whose_source_may_change_it_is_remembered_for_that_module_alone() {
    // Else each build of a project would fail once, and no edit would help.
    let mut lab = lab();
    lab.make_local(2);
    lab.control["needs_native"] = json!("first_derive");
    lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "build", "build", "use", "use"]);
    let output = lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "build", "use"]);
    let reason =
        "native: first-derive (needs what the sandbox refuses: to open `/etc/passwd` (`First`); known from before";
    assert!(output.stderr.contains(reason), "{}", output.stderr);

    lab.control = json!({});
    lab.write_module("first-derive", "1.0.0", b"after an edit");
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("Used 2 macros from Wasm"), "{}", output.stderr);
}
