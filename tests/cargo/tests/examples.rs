//! `examples/`: what its README says that commands print is what they print, with every macro from WebAssembly.

use std::env;
use std::process::Command;

use cargo_tests::call::STORE_VARIABLE;
use cargo_tests::{CargoOutcome as _, Kind, Site};
use tests::toolchain::clean_environment;
use tests::{Outcome, RustcExt as _, Toolchain};

/// A copy of all examples.
fn site() -> Site {
    Site::with_shared_store("../../examples")
}

/// The commands below a heading of the README, and what they print.
fn commands(readme: &str, heading: &str) -> (Vec<String>, String) {
    let start = readme.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("there is no `{heading}`"));
    let block = readme[start..].split("```").nth(1).expect("it has a block");
    let block = block.strip_prefix("console\n").expect("the block is one of commands");
    let (commands, printed): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| line.starts_with("$ "));
    assert!(commands.len() >= 2 && !printed.is_empty(), "{block}");
    (commands.iter().map(|line| line[2..].to_owned()).collect(), printed.join("\n") + "\n")
}

/// A shell in the examples with the toolchain first in its path.
fn shell(site: &Site, script: &str) -> Outcome {
    let mut shell = Command::new("sh");
    for (name, _) in clean_environment() {
        shell.env_remove(name);
    }
    let mut path = vec![Toolchain::get().root().join("bin")];
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    shell.env("PATH", env::join_paths(path).expect("a path has no colon"));
    shell.env("CARGO_TARGET_DIR", &site.target).env(STORE_VARIABLE, &site.store);
    shell.env("CARGO_WASM_PROC_MACRO_FORBID_NATIVE", "true");
    shell.args(["-e", "-c", script]).current_dir(&site.tree).outcome()
}

fn follow(site: &Site, heading: &str) {
    let (commands, printed) = commands(&site.read("README.md"), heading);
    let outcome = shell(site, &commands.join("\n")).success();
    assert_eq!(outcome.stdout, printed, "{outcome}");
}

/// Downloads what the lock file names, which the commands would do as well, but louder.
fn fetch(site: &Site, name: &str) {
    site.cargo(Kind::Plain, &["fetch", "--locked", "--manifest-path"])
        .arg(site.tree.join(name).join("Cargo.toml"))
        .outcome()
        .success();
}

#[test]
fn rustc_alone_runs_a_module() {
    follow(&site(), "rustc-alone");
}

#[test]
fn a_workspace_with_the_switch_runs_serde_from_a_module() {
    let site = site();
    fetch(&site, "workspace");
    follow(&site, "workspace");
    let outcome = shell(&site, "cd workspace; touch model/src/lib.rs; cargo build --locked --offline").success();
    assert_eq!((outcome.summary().wasm, outcome.summary().native), (1, 0), "{outcome}");
}

#[test]
fn a_macro_has_what_the_file_grants_and_is_refused_it_without() {
    let site = site();
    follow(&site, "grants");
    site.write("grants/wasm-proc-macro.toml", "");
    let outcome = shell(&site, "cd grants; GREETING_NAME=world cargo run --locked").ends_with(101);
    assert!(outcome.stderr.contains("greeting.txt`"), "{outcome}");
    assert!(outcome.stderr.contains("[permissions.macros]"), "{outcome}");
}
