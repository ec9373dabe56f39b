//! Environment variables: a macro has those of Cargo, rustc, terminal and locale, and what is granted; dep-info names exactly
//! those that it asked for.

use std::fs;
use std::process::Command;

use tests::{Artifacts, Form, Lab, Outcome, RustcExt};

/// Compiles and runs a program with `SECRET_OF_MINE` and others set, and grants.
fn expand(lab: &Lab, policy: &str, call: &str) -> Outcome {
    lab.module("asking", "asking");
    lab.write("main.rs", format!("fn main() {{ println!(\"{{}}\", asking::{call}); }}"));
    lab.write("policy.toml", policy);
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--emit=link,dep-info", "--wasm-proc-macro-policy", "policy.toml"]);
    rustc.env("SECRET_OF_MINE", "planted\nvalue").env("GRANTED_ONE", "one").env("CARGO_OF_CARGO", "cargo");
    rustc.env("CARGO_SOME_TOKEN", "planted");
    let compiled = rustc.module(&lab.join("asking.wasm")).outcome();
    if compiled.code != Some(0) {
        return compiled;
    }
    let ran = Command::new(lab.join("main")).outcome().success();
    Outcome { stdout: ran.stdout, ..compiled }
}

const GRANT: &str = "[permissions.asking]\nenv = ['GRANTED_*']\n";

/// The lines of dep-info about variables, without those that a compilation without macros has, too.
fn tracked(lab: &Lab) -> Vec<String> {
    let text = fs::read_to_string(lab.join("main.d")).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("# env-dep:")).map(str::to_owned).collect()
}

#[test]
fn what_is_granted_or_not_set_is_answered_as_natively_and_tracked() {
    let lab = Lab::new();
    let outcome =
        expand(&lab, GRANT, "variables!(\"GRANTED_ONE GRANTED_TWO NEVER_SET_ANYWHERE CARGO_OF_CARGO\")").success();
    assert_eq!(outcome.stdout, "[Ok(\"one\"), Err(NotPresent), Err(NotPresent), Ok(\"cargo\")]\n", "{outcome}");
    assert_eq!(outcome.stderr, "", "{outcome}");
    let tracked = tracked(&lab);
    for line in ["GRANTED_ONE=one", "GRANTED_TWO", "NEVER_SET_ANYWHERE", "CARGO_OF_CARGO=cargo"] {
        assert!(tracked.iter().any(|tracked| tracked == line), "{line} in {tracked:?}");
    }
    assert!(!tracked.iter().any(|line| line.starts_with("PATH") || line.starts_with("SECRET")), "{tracked:?}");
}

/// `vars` names none, so what it leaves out is no refusal.
#[test]
fn listing_lists_what_may_be_read() {
    let lab = Lab::new();
    let outcome = expand(&lab, GRANT, "all_variables!(\"\")").success();
    assert!(outcome.stdout.contains("\"GRANTED_ONE\"") && outcome.stdout.contains("\"CARGO_OF_CARGO\""), "{outcome}");
    for name in ["SECRET_OF_MINE", "CARGO_SOME_TOKEN", "\"PATH\"", "\"HOME\""] {
        assert!(!outcome.stdout.contains(name), "{name}: {outcome}");
    }
}

/// By whichever way it asks. The value goes nowhere.
#[test]
fn what_is_set_and_not_granted_is_refused() {
    let lab = Lab::new();
    for call in [
        "variables!(\"SECRET_OF_MINE\")",
        "tracked_variable!(\"SECRET_OF_MINE\")",
        "expanded!(env!(\"SECRET_OF_MINE\"))",
        "expanded!(option_env!(\"SECRET_OF_MINE\"))",
        "expanded!(concat!(\"x\", env!(\"SECRET_OF_MINE\")))",
        "output_env!(\"SECRET_OF_MINE\")",
        "variables!(\"CARGO_SOME_TOKEN\")",
    ] {
        _ = fs::remove_file(lab.join("main.d"));
        let outcome = expand(&lab, GRANT, call).one_error();
        let name = if call.contains("TOKEN") { "CARGO_SOME_TOKEN" } else { "SECRET_OF_MINE" };
        let outcome = outcome.says(&format!("was refused the environment variable `{name}`"));
        let outcome = outcome.says(&format!("env = [\"{name}\"]"));
        let dep_info = fs::read_to_string(lab.join("main.d")).unwrap_or_default();
        assert!(!outcome.stderr.contains("planted") && !dep_info.contains("planted"), "{outcome}\n{dep_info}");
    }
}

/// The compiler tells a macro of variables, too, and tracks them on its own word.
#[test]
fn variables_that_the_compiler_tells_are_tracked() {
    let lab = Lab::new();
    for (call, expected, line) in [
        ("tracked_variable!(\"GRANTED_ONE\")", "Ok(\"one\")", "GRANTED_ONE=one"),
        ("tracked_variable!(\"GRANTED_TWO\")", "Err(NotPresent)", "GRANTED_TWO"),
        ("expanded!(env!(\"GRANTED_ONE\"))", "Ok(\"\\\"one\\\"\")", "GRANTED_ONE=one"),
        ("output_env!(\"CARGO_OF_CARGO\")", "cargo", "CARGO_OF_CARGO=cargo"),
    ] {
        let outcome = expand(&lab, GRANT, call).success();
        assert_eq!(outcome.stdout, format!("{expected}\n"), "{outcome}");
        assert!(tracked(&lab).iter().any(|tracked| tracked == line), "{call}: {:?}", tracked(&lab));
    }
}

/// The user's own `env!`, which only passes through a macro, is the user's.
#[test]
fn what_the_user_writes_is_the_users() {
    let lab = Lab::new();
    let module = lab.module_from(
        "through",
        "extern crate proc_macro; use proc_macro::TokenStream;\n\
         #[proc_macro_attribute] pub fn same(_: TokenStream, item: TokenStream) -> TokenStream { item }\n",
    );
    lab.write("main.rs", "#[through::same] fn main() { println!(\"{}\", env!(\"SECRET_OF_MINE\")); }");
    let mut rustc = lab.rustc();
    rustc.arg("main.rs").env("SECRET_OF_MINE", "mine").module(&module).outcome().success();
    assert_eq!(lab.run("main").success().stdout, "mine\n");
}

/// Dep-info has a line for each name. A macro cannot put others into it: such a path is none from a module, and natively it is escaped.
#[test]
fn a_tracked_path_stays_on_its_line() {
    let lab = Lab::new();
    let path = "a\\nb: /etc/passwd\\n# env-dep:FORGED=1\\r\\u{1b}[2J";
    expand(&lab, GRANT, &format!("tracked_path!(\"{path}\")")).one_error().says("has control characters");

    let native = Artifacts::get().macros("asking", Form::Native).unwrap();
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--emit=metadata,dep-info", "--extern"]).arg(format!("asking={}", native.display()));
    rustc.outcome().success();
    let text = fs::read_to_string(lab.join("main.d")).unwrap();
    assert!(!text.contains(['\r', '\u{1b}']), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("b:") || line.starts_with("# env-dep:FORGED")), "{text}");
    assert!(text.contains("a\\nb:\\ /etc/passwd\\n#\\ env-dep:FORGED=1\\r\\u{1b}[2J:"), "{text}");
}
