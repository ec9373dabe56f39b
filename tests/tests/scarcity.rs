//! Where disk, files or memory are scarce: what works without a macro works with one, or says in words what it lacks.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use tests::command::files;
use tests::{Lab, Outcome, RustcExt, Toolchain};

fn lab() -> Lab {
    let lab = Lab::new();
    lab.module("plain", "plain");
    lab.write("main.rs", "fn main() { println!(\"{}\", plain::plain!()); }");
    lab
}

/// Runs rustc by the shell, after `limits`; `"$@"` is what rustc is called with.
fn limited(lab: &Lab, limits: &str, arguments: &[&str]) -> Outcome {
    let mut rustc = lab.rustc();
    rustc.arg(lab.join("main.rs")).module(&lab.join("plain.wasm")).args(arguments);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{limits} && exec \"$@\"")).arg("sh").arg(rustc.get_program()).args(rustc.get_args());
    for (name, value) in rustc.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.current_dir(lab.path()).outcome()
}

/// A stub is compiled in memory, so nothing is left of it when the compiler is killed, and no disk can be full.
#[cfg(target_os = "linux")]
#[test]
fn a_stub_needs_no_directory_for_temporary_files() {
    let lab = lab();
    let output = lab.join("main.rmeta").display().to_string();
    // Nobody can make a directory in /proc.
    let arguments = ["--emit=metadata", "-o", &output];
    let outcome = limited(&lab, "export TMPDIR=/no/such/directory && cd /proc", &arguments).success();
    assert_eq!(outcome.stderr, "", "{outcome}");
}

/// The system ends processes that write more; where it is only the cache that does not fit, it costs no more than the cache.
#[test]
fn a_limit_on_the_size_of_files_costs_the_cache() {
    let lab = lab();
    // Of dep-info, which is all that is written beside the cache, there are some hundred bytes.
    let outcome = limited(&lab, "ulimit -f 100", &["--emit=dep-info"]).success();
    let [warning] = outcome.warning_lines()[..] else { panic!("{outcome}") };
    assert!(warning.starts_with("warning: the cache of procedural macros: "), "{outcome}");
    assert!(!files(&lab.join("cache")).iter().any(|path| path.starts_with("module")), "{outcome}");

    fs::remove_dir_all(lab.join("cache")).unwrap();
    let outcome = limited(&lab, "ulimit -f 2", &["--emit=dep-info"]).errors();
    assert!(
        outcome.stderr.contains("its stub cannot be compiled: ") || outcome.stderr.contains("File too large"),
        "{outcome}"
    );
    assert!(!outcome.stderr.contains("{$"), "{outcome}");
}

/// With less address space than this a compilation without macros fails, too, and not always in words.
#[test]
fn little_address_space_is_enough_or_an_error() {
    let lab = lab();
    for kilobytes in [1_400_000, 1_200_000, 1_000_000] {
        _ = fs::remove_dir_all(lab.join("cache"));
        let outcome = limited(&lab, &format!("ulimit -v {kilobytes}"), &["--emit=metadata"]);
        assert!(!outcome.stderr.contains("{$"), "{kilobytes}: {outcome}");
        if outcome.code != Some(0) {
            outcome.errors();
        }
    }
}

/// What is in a cache is used by whoever can read it. That nothing can be added to it is said once, and only if something would be.
#[test]
fn a_cache_that_is_read_only_is_read() {
    let lab = lab();
    limited(&lab, "true", &["--emit=metadata"]).success();
    let before = files(&lab.join("cache"));
    let Some(outcome) = with_read_only_cache(&lab) else { return };
    assert_eq!(outcome.success().stderr, "");

    fs::write(lab.join("main.rs"), "fn main() { println!(\"{}{}\", plain::plain!(), words::nothing!()); }").unwrap();
    lab.module_from("words", "extern crate proc_macro; #[proc_macro] pub fn nothing(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \"1\".parse().unwrap() }");
    let outcome = with_read_only_cache(&lab).unwrap().success();
    let [warning] = outcome.warning_lines()[..] else { panic!("{outcome}") };
    assert!(warning.contains("the cache of procedural macros: a stub cannot be kept: "), "{outcome}");
    assert_eq!(files(&lab.join("cache")), before);
}

/// Compiles with a cache that is mounted for reading. None where one may not mount.
fn with_read_only_cache(lab: &Lab) -> Option<Outcome> {
    let mount = "mount --bind cache cache && mount -o remount,ro,bind cache && ! touch cache/x 2> /dev/null";
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]).current_dir(lab.path());
        command
    };
    if !unshare(mount).status().is_ok_and(|status| status.success()) {
        return None;
    }
    let mut command = unshare(&format!("{mount} && exec \"$@\""));
    command.arg(Toolchain::get().rustc_path()).args(["main.rs", "--edition=2024", "--emit=metadata"]);
    for module in ["plain", "words"].map(|name| lab.join(&format!("{name}.wasm"))).iter().filter(|path| path.exists()) {
        command.module(module);
    }
    Some(
        command
            .cache(Path::new("cache"))
            .env_remove("RUSTC_WASM_PROC_MACRO_CACHE")
            .env("PATH", env::var_os("PATH")?)
            .outcome(),
    )
}
