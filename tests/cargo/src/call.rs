//! Calls of the Cargo under test.

use std::process::Command;

use tests::Toolchain;
use tests::toolchain::clean_environment;

/// Names the module store.
pub const STORE_VARIABLE: &str = "WASM_PROC_MACRO_STORE";

/// Which Cargo is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The toolchain's, as upstream's would be called.
    Plain,
    /// `cargo wasm-proc-macro`.
    Command,
}

/// A call of the toolchain's Cargo, in an environment that says nothing of the Cargo that runs the tests.
///
/// # Panics
///
/// If the toolchain has none: no test may pass by not running.
pub fn cargo(kind: Kind) -> Command {
    let rustc = Toolchain::get().rustc_path();
    let program = rustc.with_file_name("cargo");
    for needed in [&program, &rustc.with_file_name("cargo-wasm-proc-macro")] {
        assert!(needed.exists(), "there is no `{}`; run `./x.py build --cargo`", needed.display());
    }
    let mut command = Command::new(program);
    for (name, value) in clean_environment() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env_remove(STORE_VARIABLE).env_remove("WASM_PROC_MACRO_TOOLCHAIN");
    command.env("CARGO_TERM_COLOR", "never");
    match kind {
        Kind::Plain => command.env("RUSTC", &rustc).env("RUSTDOC", rustc.with_file_name("rustdoc")),
        Kind::Command => command.arg("wasm-proc-macro"),
    };
    command
}
