//! Questions at a terminal, and that the answers are written down.

mod support;

use serde_json::json;
use support::{Lab, Output, on_terminal, on_terminal_after, refusal};

/// Builds at a terminal and types `input`.
fn build(lab: &Lab, options: &[&str], input: &str) -> Output {
    on_terminal(lab.command(&[&["build"], options].concat()), input)
}

#[test]
fn all_questions_of_a_build_are_asked_once_and_the_answers_written_down() {
    // And the build goes on. Of what Cargo did not get to in the first try, nobody is asked later.
    let mut lab = Lab::usual();
    let env = lab.path("project/.env");
    lab.control = json!({
        "refusals": [
            refusal("first-derive", "read", env.to_str().unwrap()),
            refusal("first-derive", "env", "DATABASE_URL"),
            refusal("second-derive", "run", "git"),
        ],
        "second_crate": "second-derive",
    });
    lab.permit("# ours\n[permissions.first-derive] # the database\ntime = \"2min\"\n");
    let output = build(&lab, &[], "yes\nnatively\n");
    assert_eq!(output.code, 0, "{}", output.stdout);
    let expected = "# ours\n[permissions.first-derive] # the database\ntime = \"2min\"\nread = [\".env\"]\nenv = [\"DATABASE_URL\"]\n\n\
        [permissions.second-derive]\nnative = true\n";
    assert_eq!(lab.permissions(), expected);
    assert_eq!(lab.take_modes(), ["plan", "build", "use", "use", "use"], "one of them collects");
    for text in [
        "    Checking what else macros ask for\n",
        "first-derive v1.0.0 asks for\n",
        "  the environment variable `DATABASE_URL` (`it`)",
        "read = [\".env\"]\n",
        "Grant it? [yes, no, or `natively`: with all your rights]",
        "second-derive v1.0.0 asks for\n  running the program `git` (`it`)  native = true\n",
        "Run it natively, with all your rights? [`natively`, or no]",
        "Granted first-derive: read = [\".env\"], env = [\"DATABASE_URL\"] (in `wasm-proc-macro.toml`)\n",
        "1 native: second-derive (`native = true` in `wasm-proc-macro.toml`, line 8)\n",
    ] {
        assert!(output.stdout.contains(text), "{text}\n{}", output.stdout);
    }
}

#[test]
fn every_command_of_cargo_s_collects_all_questions() {
    // Some have no option to go on after an error. Who typed `test` was asked once a crate.
    for command in ["check", "build", "run", "test", "bench", "doc"] {
        let mut lab = Lab::usual();
        let refusals = [refusal("first-derive", "env", "A"), refusal("second-derive", "env", "B")];
        lab.control = json!({ "refusals": refusals, "second_crate": "second-derive" });
        let output = on_terminal(lab.command(&[command]), "yes\nyes\n");
        assert_eq!(output.code, 0, "{command}: {}", output.stdout);
        assert_eq!(lab.take_modes(), ["plan", "build", "use", "use", "use"], "{command}");
        let expected = "[permissions.first-derive]\nenv = [\"A\"]\n\n[permissions.second-derive]\nenv = [\"B\"]\n";
        assert_eq!(lab.permissions(), expected, "{command}");
    }
}

#[test]
fn no_is_the_answer_of_who_says_nothing() {
    // Neither the end of the input nor an empty line nor anything else grants.
    for input in ["no\n", "\n", "", "ja\nsi\noui\n", "y e s\n"] {
        let mut lab = Lab::usual();
        lab.control = json!({ "refusals": [refusal("first-derive", "env", "X")] });
        let output = build(&lab, &[], input);
        assert_eq!(output.code, 101, "{input:?}: {}", output.stdout);
        assert_eq!(lab.permissions(), "", "{input:?}");
        assert!(output.stdout.contains("error: macros asked for more than was granted\n"), "{}", output.stdout);
    }
}

#[test]
fn native_rights_are_not_given_by_a_yes() {
    // Nobody gives them by habit.
    let mut lab = Lab::usual();
    lab.control = json!({ "refusals": [refusal("first-derive", "run", "git")] });
    let output = build(&lab, &[], "yes\ny\nYES\n");
    assert_eq!((output.code, lab.permissions().as_str()), (101, ""), "{}", output.stdout);
    // Of those to which another grant would do, somebody may want it.
    lab.control = json!({ "refusals": [refusal("first-derive", "env", "X")] });
    assert_eq!(build(&lab, &[], "natively\n").code, 0);
    assert_eq!(lab.permissions(), "[permissions.first-derive]\nnative = true\n");
    // Who forbids it is not asked.
    lab.permit("");
    let output = build(&lab, &["--forbid-native"], "natively\nyes\n");
    assert_eq!(output.code, 0, "{}", output.stdout);
    assert!(output.stdout.contains("Grant it? [yes or no]"), "{}", output.stdout);
    assert_eq!(lab.permissions(), "[permissions.first-derive]\nenv = [\"X\"]\n");
}

#[test]
fn a_macro_that_cannot_be_built_is_a_question_too() {
    // It is asked before anything else is done, and then the macros that are built with it come.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "inner-derive": "error: not on wasm" } });
    let output = build(&lab, &[], "natively\n");
    assert_eq!(output.code, 0, "{}", output.stdout);
    let text = "inner-derive v1.0.0 needs native rights\n  does not run from Wasm: error: not on wasm  native = true\n";
    assert!(output.stdout.contains(text), "{}", output.stdout);
    assert_eq!(lab.take_modes(), ["plan", "build", "use", "build", "use"], "one of them collects");
    assert_eq!(lab.permissions(), "[permissions.inner-derive]\nnative = true\n");
}

#[test]
fn what_cannot_be_built_and_what_is_refused_is_asked_at_once() {
    // The questions come one after the other, and the build goes on when all of them are answered.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "inner-derive": "error: not on wasm" }, "refusals": [refusal("first-derive", "env", "X")] });
    let output = build(&lab, &[], "yes\nnatively\n");
    assert_eq!(output.code, 0, "{}", output.stdout);
    assert_eq!(lab.take_modes(), ["plan", "build", "use", "build", "use"]);
    let expected = "[permissions.first-derive]\nenv = [\"X\"]\n\n[permissions.inner-derive]\nnative = true\n";
    assert_eq!(lab.permissions(), expected);
}

#[test]
fn what_was_granted_and_is_refused_again_is_no_question_for_ever() {
    // A path that leads elsewhere, say.
    let mut lab = Lab::usual();
    let mut refused = refusal("first-derive", "env", "X");
    refused["what"] = json!("another text than the line's");
    lab.control = json!({ "refusals": [refused] });
    let output = build(&lab, &[], "yes\nyes\nyes\n");
    assert_eq!(output.code, 101, "{}", output.stdout);
    assert!(output.stdout.contains("some of this was just granted, but it is refused again\n"), "{}", output.stdout);
    assert_eq!(lab.permissions(), "[permissions.first-derive]\nenv = [\"X\"]\n");
}

#[test]
fn nobody_is_asked_who_said_so_or_has_no_terminal() {
    let mut lab = Lab::usual();
    lab.control = json!({ "refusals": [refusal("first-derive", "env", "X")] });
    let output = build(&lab, &["--on-refusal", "fail"], "yes\n");
    assert_eq!(output.code, 101, "{}", output.stdout);
    assert!(!output.stdout.contains("Grant it?"), "{}", output.stdout);
    lab.settings = json!({ "on-refusal": "fail" });
    assert_eq!(build(&lab, &[], "yes\n").code, 101);
    lab.settings = json!({});
    assert!(!lab.run(&["build", "--on-refusal", "ask"]).stderr.contains("Grant it?"));
    assert_eq!(lab.permissions(), "");
}

#[test]
fn what_a_macro_calls_its_wishes_cannot_hide_the_question() {
    // A path could overwrite the line above, or turn the text around.
    let mut lab = Lab::usual();
    lab.control = json!({ "refusals": [refusal("first-derive", "read", "/x\u{1b}[2K\r\u{202e}harmless")] });
    lab.control["refusals"][0]["grant"] = json!("read = [\"/x\\u001b[2K\\r\\u202eharmless\"]");
    let output = build(&lab, &[], "no\n");
    assert!(output.stdout.contains("/x\\u{1b}[2K\\u{d}\\u{202e}harmless"), "{:?}", output.stdout);
    assert!(
        !output.stdout.contains(['\u{202e}']) && !output.stdout.contains("\u{1b}[2K\r\u{202e}"),
        "{:?}",
        output.stdout
    );
}

#[test]
fn an_interrupt_at_a_question_ends_the_command() {
    // While a program runs, Ctrl-C is for that; but here nothing runs, and nobody wants to be kept.
    let mut lab = Lab::usual();
    lab.control = json!({ "refusals": [refusal("first-derive", "env", "X")] });
    let output = on_terminal_after("Grant it?", lab.command(&["build"]), "\u{3}");
    assert_eq!(output.code, 130, "{}", output.stdout);
    assert_eq!(lab.permissions(), "");
}

#[test]
fn tests_that_have_run_are_not_run_again_by_an_answer() {
    let mut lab = Lab::usual();
    lab.control = json!({
        "refusals": [refusal("first-derive", "env", "X")], "passes": true, "use_code": 101, "compile_code": 0,
    });
    let output = on_terminal(lab.command(&["test"]), "yes\n");
    assert_eq!(output.code, 101, "{}", output.stdout);
    assert!(output.stdout.contains("programs or tests have already run; run the command again\n"), "{}", output.stdout);
    assert_eq!(lab.permissions(), "[permissions.first-derive]\nenv = [\"X\"]\n");
    assert_eq!(lab.take_calls("use").len(), 2);
}
