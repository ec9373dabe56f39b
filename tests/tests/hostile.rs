//! Modules that are well made and mean harm: whatever a guest asks or answers, the compiler ends with errors and not with a
//! crash. (What a *native* macro can do to the compiler is another matter.)

use std::fmt::Write as _;

use tests::{Artifacts, Form, Lab, Outcome, RustcExt, bad};

/// Compiles invocations of the module's macros, each an item.
fn compile(module: &[u8], invocations: &[String]) -> Outcome {
    let lab = Lab::new();
    lab.write("hostile.wasm", module);
    lab.write("main.rs", format!("{}\nfn main() {{}}\n", invocations.join("\n")));
    lab.rustc().args(["main.rs", "--emit=metadata", "--wasm-proc-macro", "hostile.wasm"]).outcome()
}

fn module() -> Vec<u8> {
    std::fs::read(Artifacts::get().macros("hostile", Form::Wasm).unwrap()).expect("it was just built")
}

/// Every method, with zeros, ones and the largest bytes behind it, cut off at several places.
#[test]
fn requests_that_make_no_sense_are_errors() {
    let mut invocations = Vec::new();
    for method in 0..=255 {
        for fill in [0, 1, 255] {
            for len in [1, 2, 9, 40, 256] {
                if method < 40 || len == 40 {
                    invocations.push(format!("hostile::send!({method} {fill} {len});"));
                }
            }
        }
    }
    // One by one it would take long; all at once it would not be told which one it was.
    for chunk in invocations.chunks(50) {
        never_crashes(compile(&module(), chunk), chunk);
    }
}

#[test]
fn random_requests_are_errors() {
    let invocations: Vec<String> = (1..400u64).map(|n| format!("hostile::random!({});", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    for chunk in invocations.chunks(100) {
        never_crashes(compile(&module(), chunk), chunk);
    }
}

#[test]
fn host_functions_that_are_misused_are_errors() {
    for name in [
        "take_nothing",
        "request_outside",
        "request_longer_than_its_buffer",
        "request_of_nothing",
        "panic_outside",
        "panic_and_trap",
    ] {
        let outcome = compile(&module(), &[format!("hostile::{name}!();")]).one_error();
        assert!(!outcome.stderr.contains('\u{1b}'), "{outcome}");
    }
}

/// The other direction: what `run` returns.
#[test]
fn answers_that_make_no_sense_are_errors() {
    let evil = bad::exports_as(&module(), |name| match name {
        "__rustc_proc_macro_run" => "walk".to_owned(),
        "evil_run" => "__rustc_proc_macro_run".to_owned(),
        other => other.to_owned(),
    });
    let invocations: Vec<String> = (0..60).map(|n| format!("hostile::send!({n});")).collect();
    for invocation in &invocations {
        never_crashes(compile(&evil, std::slice::from_ref(invocation)), std::slice::from_ref(invocation));
    }
    never_crashes(compile(&evil, &invocations), &invocations);
}

#[track_caller]
fn never_crashes(outcome: Outcome, invocations: &[String]) {
    let mut what = String::new();
    let fine = matches!(outcome.code, Some(0 | 1)) && !outcome.stderr.contains("internal compiler error");
    if !fine {
        _ = write!(what, "one of {} … {}", invocations[0], invocations[invocations.len() - 1]);
    }
    assert!(fine, "{what}:\n{outcome}");
}
