//! Programs of others that call Cargo or stand before the compiler: with the switch on they get macros from modules, and nothing of
//! theirs has to be set for it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_tests::{CargoOutcome as _, Kind, Site};
use serde_json::Value;
use tests::{Outcome, RustcExt as _, Toolchain};

/// The variable with the directory of the programs, which `x.py test` sets.
const TOOLS: &str = "CARGO_TESTS_TOOLS";

const ON: &str = "[wasm-proc-macro]\nenabled = true\n";

/// A program of others.
///
/// # Panics
///
/// If it is not there: no test may pass by not running.
fn program(name: &str) -> PathBuf {
    let Some(directory) = env::var_os(TOOLS) else {
        panic!("`{TOOLS}` is not set: these tests need programs of others; run `./x.py test cargo`")
    };
    let program = Path::new(&directory).join(name);
    assert!(program.exists(), "there is no `{}`; run `./x.py test cargo`", program.display());
    program
}

/// A project with the switch, as it is after `cargo wasm-proc-macro init`.
fn site() -> Site {
    let site = Site::with_shared_store("packages/small");
    site.write(".cargo/config.toml", ON);
    site
}

/// A call as somebody makes it whose `PATH` has the toolchain and these programs.
fn cargo(site: &Site, words: &[&str]) -> Command {
    let mut command = site.cargo(Kind::Plain, words);
    command.env_remove("RUSTC").env_remove("RUSTDOC").env("PATH", path());
    command
}

fn path() -> OsString {
    let toolchain = Toolchain::get().root().join("bin");
    let own = env::var_os("PATH").unwrap_or_default();
    let tools = PathBuf::from(env::var_os(TOOLS).unwrap_or_default());
    env::join_paths([toolchain, tools].into_iter().chain(env::split_paths(&own))).expect("paths without a colon")
}

#[track_caller]
fn all_from_wasm(outcome: &Outcome, macros: usize) {
    let summary = outcome.summary();
    assert_eq!((summary.wasm, summary.native), (macros, 0), "{outcome}");
}

/// It lists tests and runs each in a process of its own; only what it has Cargo build uses macros.
#[test]
fn nextest_runs_the_tests_of_a_program_with_macros_from_wasm() {
    program("cargo-nextest");
    let site = site();
    let test = "#[test]\nfn macros_are_from_wasm() {\n    assert_eq!(small_macros::built_for!(), \"wasm\");\n}\n";
    site.write("tests/origin.rs", test);
    let outcome = cargo(&site, &["nextest", "run", "--locked", "--no-fail-fast"]).outcome().success();
    all_from_wasm(&outcome, 3);
    outcome.says("4 tests run: 4 passed").says("small::origin macros_are_from_wasm");
}

/// It stands before the compiler, and writes into a program what the program was built from, macro crates too.
#[test]
fn auditable_writes_the_same_into_a_program_with_macros_from_wasm() {
    program("cargo-auditable");
    let site = site();
    let built = |name: &str, more: &[&str]| {
        let target = site.beside(name);
        let mut call = cargo(&site, &[&["auditable", "build", "--locked"], more].concat());
        (call.env("CARGO_TARGET_DIR", &target).outcome().success(), target.join("debug/small"))
    };
    let (outcome, program) = built("wasm", &[]);
    all_from_wasm(&outcome, 3);
    let said = Command::new(&program).outcome().success();
    assert_eq!(said.stdout, "hello from wasm: 42 [1, 4, 9, 16]\n");
    let (_, native) = built("native", &["--config", "wasm-proc-macro.enabled = false"]);
    let written = audited(&site, &program);
    assert_eq!(written, audited(&site, &native));
    let packages = written["packages"].as_array().expect("a list of packages");
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    assert_eq!(names, ["paste", "seq-macro", "small", "small-macros"]);
}

/// What cargo-auditable has written into a program: compressed JSON in a section of its own.
fn audited(site: &Site, program: &Path) -> Value {
    let section = site.beside("section");
    let mut objcopy = Command::new("objcopy");
    objcopy.arg("--dump-section").arg(format!(".dep-v0={}", section.display())).arg(program).arg("/dev/null");
    objcopy.outcome().success();
    let compressed = fs::read(&section).expect("the section was written");
    serde_json::from_reader(flate2::read::ZlibDecoder::new(&*compressed)).expect("it is JSON")
}

/// It verifies what would be published by building it, and stops before it sends anything.
#[test]
fn what_would_be_published_is_verified_with_modules() {
    let site = Site::with_shared_store("packages/small");
    // A path dependency without a version cannot be published.
    site.edit("Cargo.toml", "small-macros = { path = \"macros\" }\n", "");
    site.edit("Cargo.toml", "publish = false\n", "description = \"x\"\nlicense = \"MIT\"\n");
    site.edit("src/main.rs", "small_macros::greeting!(), small_macros::built_for!()", "\"hello\", \"x\"");
    site.edit("src/main.rs", "        assert_eq!(small_macros::greeting!(), \"hello\");\n", "");
    cargo(&site, &["generate-lockfile"]).outcome().success();
    site.write(".cargo/config.toml", ON);
    let publish = |more: &[&str]| {
        let words = [&["publish", "--dry-run", "--allow-dirty"], more].concat();
        cargo(&site, &words).outcome().success().says("aborting upload due to dry run")
    };
    let outcome = publish(&[]);
    all_from_wasm(&outcome, 2);
    assert!(outcome.compiled().contains("small 0.1.0"), "{outcome}");
    publish(&["--no-verify"]).does_not_say("from Wasm");
}
