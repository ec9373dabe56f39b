//! Programs of others that call Cargo or stand before the compiler: with the switch on they get macros from modules, and nothing of
//! theirs has to be set for it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
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
    let site = Site::publishable();
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

/// It keeps what the compiler makes of libraries. It refuses macro crates, and of those that are modules nothing is compiled.
#[test]
fn sccache_keeps_what_uses_macros_from_wasm() {
    let site = site();
    let library = "pub fn word() -> &'static str {\n    small_macros::greeting!()\n}\n\n\
        pub fn built_for() -> &'static str {\n    small_macros::built_for!()\n}\n";
    site.write("src/lib.rs", library);
    site.edit(
        "src/main.rs",
        "small_macros::greeting!(), small_macros::built_for!()",
        "small::word(), small::built_for()",
    );
    let sccache = Sccache::start(&site);
    let build = |more: &[&str]| {
        let _ = fs::remove_dir_all(&site.target);
        sccache.say(&["--zero-stats"]);
        let mut call = cargo(&site, &[&["build", "--locked"], more].concat());
        // It keeps nothing that the compiler goes on with.
        call.env("CARGO_INCREMENTAL", "0").env("RUSTC_WRAPPER", &sccache.program);
        let outcome = sccache.of(&mut call).outcome().success();
        let stats: Value = serde_json::from_str(&sccache.say(&["--show-stats", "--stats-format", "json"]).stdout)
            .expect("statistics in JSON");
        (outcome, stats["stats"].clone())
    };
    let says = |text: &str| {
        let said = Command::new(site.target.join("debug/small")).outcome().success();
        assert_eq!(said.stdout, format!("{text}: 42 [1, 4, 9, 16]\n"));
    };
    // The first time the modules may have to be built as well.
    all_from_wasm(&build(&[]).0, 3);
    let (outcome, stats) = build(&[]);
    all_from_wasm(&outcome, 3);
    says("hello from wasm");
    assert_eq!(kept(&stats), (1, 0), "{stats}\n{outcome}");
    assert_eq!(refused(&stats), [("bin", 1)], "{stats}\n{outcome}");
    // A macro that is another one makes something else.
    site.edit("macros/src/lib.rs", "\"hello\"", "\"good day\"");
    let (outcome, stats) = build(&[]);
    assert_eq!(kept(&stats), (0, 1), "{stats}\n{outcome}");
    says("good day from wasm");
    // Natively it refuses the macros, too. One of them has a build script.
    let (outcome, stats) = build(&["--config", "wasm-proc-macro.enabled = false"]);
    assert_eq!(refused(&stats), [("bin", 2), ("proc-macro", 3)], "{stats}\n{outcome}");
    says("good day from native");
}

/// How many libraries sccache had, and how many it had not.
fn kept(stats: &Value) -> (u64, u64) {
    let count = |name: &str| stats[name]["counts"]["Rust"].as_u64().unwrap_or(0);
    (count("cache_hits"), count("cache_misses"))
}

/// Which types of crates it refuses to keep, and how many of each it was called for.
fn refused(stats: &Value) -> Vec<(&str, u64)> {
    let reasons = stats["not_cached"].as_object().expect("a table of reasons");
    let types = reasons
        .iter()
        .filter_map(|(reason, count)| Some((reason.strip_prefix("crate-type (")?.strip_suffix(')')?, count.as_u64()?)));
    types.collect()
}

/// Its server, which ends with this.
struct Sccache {
    program: PathBuf,
    directory: PathBuf,
    port: u16,
}

impl Sccache {
    fn start(site: &Site) -> Sccache {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port();
        let sccache = Sccache { program: program("sccache"), directory: site.beside("sccache"), port };
        sccache.say(&["--start-server"]);
        sccache
    }

    /// A call of it, or of what calls it.
    fn of<'a>(&self, call: &'a mut Command) -> &'a mut Command {
        for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"SCCACHE_")) {
            call.env_remove(name);
        }
        call.env("SCCACHE_SERVER_PORT", self.port.to_string()).env("SCCACHE_DIR", &self.directory);
        // The user's configuration may name another place, and a server that is left alone ends by itself, after seconds.
        call.env("SCCACHE_CONF", self.directory.join("none")).env("SCCACHE_IDLE_TIMEOUT", "300")
    }

    fn say(&self, words: &[&str]) -> Outcome {
        self.of(Command::new(&self.program).args(words)).outcome().success()
    }
}

impl Drop for Sccache {
    fn drop(&mut self) {
        let _ = self.of(Command::new(&self.program).arg("--stop-server")).output();
    }
}
