//! What becomes of a macro, and of the compiler, when the compiler itself fails within a request: not an answer, which the macro
//! could go on with, and nothing that it has left half done is used.

use std::process::Command;

use tests::{Lab, RustcExt, Toolchain};

#[test]
fn a_failure_within_a_request_is_the_end() {
    let lab = Lab::new();
    let program = lab.join("failures");
    let mut rustc = Toolchain::get().rustc();
    rustc.args(["bridge/failures.rs", "--edition=2024", "-o"]).arg(&program).env("RUSTC_BOOTSTRAP", "1");
    rustc.outcome().success();
    let said = Command::new(&program).outcome().success().stdout;
    let reason = r#"Some("half done")"#;
    let ends = |request: &str, reason: &str| {
        format!(
            "{request}: the macro gets nothing (the compiler failed), then nothing (the compiler failed); it ends with the compiler's failure {reason}; the compiler does not go on"
        )
    };
    let goes_on = |request: &str| {
        format!("{request}: the macro gets a panic, then an answer; it ends with tokens; the compiler goes on")
    };
    let expected = [
        ends("expand_expr panics", reason),
        // The user knows of it.
        ends("expand_expr ends with an error", "None"),
        ends("from_str panics", reason),
        // So says the lexer what is no token.
        goes_on("from_str ends with an error"),
        ends("to_string panics", reason),
        ends("to_string ends with an error", "None"),
        ends("emit_diagnostic panics", reason),
        ends("emit_diagnostic ends with an error", "None"),
        // So is said what is wrong with a request.
        goes_on("span_line panics"),
        ends("span_line ends with an error", "None"),
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}
