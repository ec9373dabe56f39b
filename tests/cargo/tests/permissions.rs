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

/// A crate that is tested by two programs and by an example of its documentation, each of which asks for something else.
fn tested_site() -> Site {
    let site = site("variable");
    std::fs::remove_file(site.tree.join("src/main.rs")).unwrap();
    site.write("src/lib.rs", "/// ```\n/// small_macros::file!();\n/// ```\npub fn documented() {}\n");
    let manifest = "[package]\nname = \"more\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
        small-macros = { path = \"../macros\" }\n";
    site.write("more/Cargo.toml", manifest);
    site.write("more/src/lib.rs", "/// ```\n/// small_macros::variable!();\n/// ```\npub fn documented() {}\n");
    site.edit("Cargo.toml", "[workspace]\n", "[workspace]\nmembers = [\"more\"]\n");
    site.write("tests/a.rs", "#[test]\nfn a() {\n    small_macros::variable!();\n}\n");
    site.write("tests/b.rs", "#[test]\nfn b() {\n    small_macros::file!();\n}\n");
    site.write("benches/a.rs", &site.read("tests/a.rs"));
    site.write("benches/b.rs", &site.read("tests/b.rs"));
    site
}

/// Cargo ends at the first crate that does not compile, and `test` and `bench` have no option to go on.
#[test]
fn all_that_tests_ask_for_is_said_at_once() {
    let site = tested_site();
    let (env, read) = ("env = [\"GREETING\"]\n", "greeting.txt\"]\n");
    for words in [
        &["test", "-j1"][..],
        &["test", "-j1", "--no-run"],
        &["bench", "-j1"],
        &["test", "--workspace", "--doc"],
        &["check", "-j1", "--tests"],
    ] {
        let outcome = site.cargo(Kind::Command, words).env("GREETING", "good day").outcome().ends_with(101);
        let (_, lines) = outcome.stderr.split_once("\n[permissions.small-macros]\n").expect("lines to write");
        assert!(lines.contains(env) && lines.contains(read), "{words:?}: {outcome}");
        // What has run is not run again to find it out.
        assert_eq!(
            outcome.stdout.matches("running 1 test").count(),
            usize::from(words.contains(&"--doc")),
            "{outcome}"
        );
    }
    site.command(&["permissions", "--accept"]).success();
    let outcome = site.cargo(Kind::Command, &["test", "--workspace"]).env("GREETING", "good day").outcome().success();
    assert_eq!(outcome.passed().len(), 4, "{outcome}");
}

/// How Cargo's processes share the processors is in a variable, too, and new in each build.
#[test]
fn who_lists_all_variables_is_compiled_once() {
    let site = site("all");
    let all = "#[proc_macro]\npub fn all(_: TokenStream) -> TokenStream {\n    \
        format!(\"Some({:?})\", std::env::vars().map(|(name, _)| name + \",\").collect::<String>()).parse().unwrap()\n}\n";
    site.write("macros/src/lib.rs", &(site.read("macros/src/lib.rs") + all));
    // The command, and plain Cargo with the switch on.
    for on in ["", "[wasm-proc-macro]\nenabled = true\n"] {
        site.write(".cargo/config.toml", on);
        let run = || if on.is_empty() { run(&site, &[]) } else { site.plain(&["run"]) }.success();
        let outcome = run();
        let ours = ["RUSTC_WASM_PROC_MACRO_REFUSALS", "RUSTC_WASM_PROC_MACRO_CACHE", "__CARGO_WASM_PROC_MACRO_OUTER"];
        for (name, is_there) in
            [("CARGO_PKG_NAME", true), ("GREETING", false)].into_iter().chain(ours.map(|name| (name, false)))
        {
            assert_eq!(outcome.stdout.contains(&format!("{name},")), is_there, "{name}: {outcome}");
        }
        assert!(!on.is_empty() || outcome.compiled().contains("small 0.1.0"), "{outcome}");
        let outcome = run();
        assert!(outcome.compiled().is_empty(), "{outcome}");
    }
}
