//! rustdoc takes modules as rustc does, for pages and for doctests.

use std::process::Command;

use tests::toolchain::clean_environment;
use tests::{Lab, RustcExt, Toolchain};

/// A library whose only function is documented by an example that uses the macro, too.
const LIBRARY: &str = "
/// The answer.
///
/// ```
/// assert_eq!(plain::plain!(), library::answer());
/// ```
pub fn answer() -> &'static str { plain::plain!() }
";

fn rustdoc(lab: &Lab) -> Command {
    let mut rustdoc = Command::new(Toolchain::get().rustc_path().with_file_name("rustdoc"));
    for (name, value) in clean_environment() {
        match value {
            Some(value) => rustdoc.env(name, value),
            None => rustdoc.env_remove(name),
        };
    }
    rustdoc.current_dir(lab.path()).args(["--edition", "2024", "library.rs"]).cache(&lab.join("cache"));
    rustdoc
}

fn library() -> Lab {
    let lab = Lab::new();
    lab.module("plain", "plain");
    lab.write("library.rs", LIBRARY);
    lab.rustc().args(["--crate-type=lib", "library.rs", "--wasm-proc-macro", "plain.wasm"]).outcome().success();
    lab
}

#[test]
fn pages_are_written_of_what_macros_make() {
    let lab = library();
    rustdoc(&lab).args(["--wasm-proc-macro", "plain.wasm", "--out-dir", "doc"]).outcome().success();
    assert!(lab.join("doc/library/fn.answer.html").exists());
    rustdoc(&lab).outcome().errors().says("plain");
}

/// The examples are compiled by rustc, which must get the options too.
#[test]
fn doctests_use_modules() {
    let lab = library();
    let mut test = rustdoc(&lab);
    test.args(["--test", "-L", ".", "--extern", "library=liblibrary.rlib"]);
    let outcome = test.args(["--wasm-proc-macro", "plain.wasm"]).outcome().success();
    assert!(outcome.stdout.contains("1 passed"), "{outcome}");
}
