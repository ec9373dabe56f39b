//! Grants: what makes a macro work that asks for more than every macro has, and how it comes into the project's file.

use cargo_tests::{CargoOutcome as _, Kind, Site};
use tests::{Outcome, RustcExt as _};

const FILE: &str = "wasm-proc-macro.toml";

const MACROS: &str = r#"
#[proc_macro]
pub fn variable(_: TokenStream) -> TokenStream {
    format!("{:?}", std::env::var("GREETING").ok()).parse().unwrap()
}

#[proc_macro]
pub fn file(_: TokenStream) -> TokenStream {
    format!("{:?}", std::fs::read_to_string("../shared/greeting.txt").ok()).parse().unwrap()
}
"#;

/// A project whose own macro asks for a variable and for a file beside the workspace.
fn site(name: &str) -> Site {
    let site = Site::with_shared_store("packages/small");
    site.write("macros/src/lib.rs", &(site.read("macros/src/lib.rs") + MACROS));
    site.write(
        "src/main.rs",
        &format!("fn main() {{ println!(\"{{:?}}\", small_macros::{name}!() as Option<&str>); }}"),
    );
    std::fs::create_dir_all(site.beside("shared")).unwrap();
    std::fs::write(site.beside("shared/greeting.txt"), "hello").unwrap();
    site
}

fn run(site: &Site, more: &[&str]) -> Outcome {
    site.cargo(Kind::Command, &[&["run"], more].concat()).env("GREETING", "good day").outcome()
}

#[test]
fn a_variable_is_granted_by_name() {
    let site = site("variable");
    let outcome = run(&site, &[]).ends_with(101);
    assert!(outcome.stderr.contains("the environment variable `GREETING`"), "{outcome}");
    assert!(outcome.stderr.contains("\n[permissions.small-macros]\nenv = [\"GREETING\"]\n"), "{outcome}");
    // One that is not set is no question.
    assert_eq!(site.command(&["run"]).success().stdout, "None\n");
    site.write(FILE, "[permissions.small-macros]\nenv = [\"GREET*\"]\n");
    let outcome = run(&site, &["--forbid-native"]).success();
    assert_eq!((outcome.stdout.as_str(), outcome.summary().native), ("Some(\"good day\")\n", 0), "{outcome}");
    // It is known that it was read.
    assert_eq!(site.command(&["run"]).success().stdout, "None\n");
}

#[test]
fn what_was_asked_for_is_accepted_by_a_command() {
    let site = site("file");
    let outcome = run(&site, &[]).ends_with(101);
    assert!(outcome.stderr.contains("greeting.txt`"), "{outcome}");
    let shown = site.command(&["permissions"]).success();
    assert!(shown.stdout.contains("asked for   reading `") && shown.stdout.contains("greeting.txt"), "{shown}");
    let before = site.snapshot();
    site.command(&["permissions", "--accept"]).success();
    assert_eq!(site.snapshot().changes(&before), [format!("new: {FILE}")]);
    let outcome = run(&site, &["--forbid-native"]).success();
    assert_eq!((outcome.stdout.as_str(), outcome.summary().native), ("Some(\"hello\")\n", 0), "{outcome}");
    std::fs::write(site.beside("shared/greeting.txt"), "bye").unwrap();
    assert_eq!(run(&site, &[]).success().stdout, "Some(\"bye\")\n", "it is known that it was read");
}

/// In a table of Cargo's configuration, in a variable, or on the command line, which beats both.
#[test]
fn the_setting_is_cargo_s() {
    let site = site("variable");
    let native = |outcome: Outcome| {
        let outcome = outcome.success();
        assert_eq!((outcome.stdout.as_str(), outcome.summary().native), ("Some(\"good day\")\n", 1), "{outcome}");
        assert!(outcome.summary().reasons.contains("`on-refusal = \"native\"`"), "{outcome}");
    };
    let by_variable = |value: &str, more: &[&str]| {
        let mut cargo = site.cargo(Kind::Command, &[&["run"], more].concat());
        cargo.env("GREETING", "good day").env("CARGO_WASM_PROC_MACRO_ON_REFUSAL", value).outcome()
    };
    native(by_variable("native", &[]));
    by_variable("native", &["--on-refusal", "fail"]).ends_with(101);
    assert!(by_variable("perhaps", &[]).ends_with(101).stderr.contains("perhaps"));
    site.write(".cargo/config.toml", "[wasm-proc-macro]\non-refusal = \"native\"\n");
    native(run(&site, &[]));
    native(run(&site, &[]));
    run(&site, &["--forbid-native"]).ends_with(101);
    by_variable("fail", &[]).ends_with(101);
    assert!(!site.tree.join(FILE).exists());
}
