//! `cargo clippy` and `cargo fmt`: the toolchain has them, and clippy says of macros from modules what it says of native ones.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use cargo_tests::{Kind, Site};
use tests::{Outcome, RustcExt as _, Toolchain};

/// Lints of clippy's that are off by default, too: the more it looks at, the more may differ.
const LINTS: [&str; 5] = ["--", "-W", "clippy::pedantic", "-W", "clippy::restriction"];

/// A program of the toolchain's.
fn program(name: &str) -> PathBuf {
    let program = Toolchain::get().rustc_path().with_file_name(name);
    assert!(program.exists(), "there is no `{}`; `[build] tools` in config.toml leaves it out", program.display());
    program
}

/// A call of the toolchain's Cargo that finds the rest of the toolchain first in `PATH`, where cargo-fmt looks for rustfmt.
fn cargo(site: &Site, words: &[&str]) -> Command {
    let mut command = site.cargo(Kind::Plain, words);
    let bin = program("cargo-fmt").with_file_name("");
    let others = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(std::iter::once(bin).chain(env::split_paths(&others))).unwrap();
    command.env("PATH", path);
    command
}

/// What clippy says of the program, without what Cargo says of its work, and of the macros' own crate.
fn clippy(site: &Site) -> String {
    let words = [&["clippy", "--locked", "--message-format", "json", "-p", "linted"][..], &LINTS].concat();
    let outcome = cargo(site, &words).outcome().success();
    let is_said = |line: &&str| line.contains(r#""reason":"compiler-message""#) && line.contains("#linted@");
    let said = outcome.stdout.lines().filter(is_said);
    said.map(|line| format!("{line}\n")).collect()
}

/// Compiles the package's macros to a module.
fn module(site: &Site) -> PathBuf {
    let mut rustc = Toolchain::get().rustc();
    rustc.args(["--edition", "2024", "--crate-type", "proc-macro", "--target", "wasm32-wasip1", "-O"]);
    rustc.args(["--extern", "proc_macro", "--crate-name", "told", "macros/src/lib.rs", "-o", "told.wasm"]);
    rustc.current_dir(&site.tree).outcome().success();
    site.tree.join("told.wasm")
}

#[test]
fn clippy_says_the_same_of_macros_from_a_module_and_of_native_ones() {
    // It looks at where a token comes from before it says anything.
    program("clippy-driver");
    let site = Site::of("packages/linted");
    let native = clippy(&site);
    for (lint, places) in
        [("needless_return", &["10:5", "14:5"][..]), ("clone_on_copy", &["19:17"]), ("identity_op", &["21:"])]
    {
        let lines: Vec<&str> = native.lines().filter(|line| line.contains(&format!("clippy::{lint}\""))).collect();
        for place in places {
            assert!(
                lines.iter().any(|line| line.contains(&format!("src/main.rs:{place}"))),
                "{lint} {place}: {native}"
            );
        }
    }
    // By the switch, and by hand.
    site.write(".cargo/config.toml", "[wasm-proc-macro]\nenabled = true\n");
    assert_eq!(clippy(&site), native);
    let module = module(&site);
    let flags = format!("[build]\nrustflags = [\"--wasm-proc-macro\", {:?}]\n", module.display().to_string());
    site.write(".cargo/config.toml", &flags);
    assert_eq!(clippy(&site), native);
    // It was the module that ran.
    site.write("told.wasm", "not a module");
    let outcome = cargo(&site, &["clippy", "--locked", "-p", "linted"]).outcome();
    assert!(outcome.code == Some(101) && outcome.stderr.contains("told.wasm"), "{outcome}");
}

#[test]
fn the_driver_takes_a_module_as_the_compiler_does() {
    // By both of its options, and as the wrapper that cargo-clippy makes of it.
    let site = Site::of("packages/linted");
    let module = module(&site).display().to_string();
    let driver = |words: &[&str]| -> Outcome {
        let mut command = Command::new(program("clippy-driver"));
        for (name, _) in tests::toolchain::clean_environment() {
            command.env_remove(name);
        }
        command.args(words).args(["--edition", "2024", "--emit", "metadata", "--out-dir", "."]);
        command.args(["--wasm-proc-macro-cache", "cache", "src/main.rs"]).current_dir(&site.tree);
        command.outcome().success()
    };
    let rustc = Toolchain::get().rustc_path().display().to_string();
    let external = format!("told={module}");
    for words in [&["--wasm-proc-macro", &module][..], &["--extern", &external], &[&rustc, "--extern", &external]] {
        let outcome = driver(words);
        assert!(outcome.stderr.contains("clippy::needless_return"), "{words:?}: {outcome}");
    }
}

#[test]
fn clippy_mends_what_it_can() {
    // With native macros, and with modules, which `cargo fix` hands on to the compiler as well.
    for configuration in ["", "[wasm-proc-macro]\nenabled = true\n"] {
        let site = Site::of("packages/linted");
        site.write(".cargo/config.toml", configuration);
        let outcome = cargo(&site, &["clippy", "--fix", "--allow-no-vcs", "--locked"]).outcome().success();
        assert_eq!(outcome.stderr.contains("from Wasm"), !configuration.is_empty(), "{outcome}");
        let text = site.read("src/main.rs");
        assert!(!text.contains("return") && text.contains("let other = point;"), "{text}");
        let denied = ["--", "-D", "clippy::needless_return", "-D", "clippy::clone_on_copy"];
        cargo(&site, &[&["clippy", "--locked"][..], &denied].concat()).outcome().success();
    }
}

#[test]
fn fmt_finds_and_mends_what_is_not_formatted() {
    let site = Site::of("packages/linted");
    cargo(&site, &["fmt", "--", "--check"]).outcome().success();
    site.edit("src/main.rs", "fn main() {", "fn main( ) {");
    let outcome = cargo(&site, &["fmt", "--", "--check"]).outcome();
    assert!(outcome.code == Some(1) && outcome.stdout.contains("-fn main( ) {"), "{outcome}");
    cargo(&site, &["fmt"]).outcome().success();
    cargo(&site, &["fmt", "--", "--check"]).outcome().success();
}

#[test]
fn the_tools_are_of_the_compilers_release() {
    // Another release's clippy cannot read what this compiler writes.
    let version = |name: &str| Command::new(program(name)).arg("--version").outcome().success().stdout;
    let rustc = version("rustc");
    let minor = rustc.split('.').nth(1).expect("a release has a minor number");
    assert!(version("clippy-driver").starts_with(&format!("clippy 0.1.{minor}")), "{}", version("clippy-driver"));
    assert!(version("rustfmt").starts_with("rustfmt 1."), "{}", version("rustfmt"));
    let site = Site::of("packages/linted");
    for (word, name) in [("clippy", "clippy-driver"), ("fmt", "rustfmt")] {
        assert_eq!(cargo(&site, &[word, "--version"]).outcome().success().stdout, version(name));
    }
}
