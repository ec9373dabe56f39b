//! Compares what a case expands to with its macros from WebAssembly and natively.

use std::fs;
use std::path::Path;
use std::process::Output;

use tests::command::files;
use tests::{Form, RustcExt, Toolchain};
use ui_test::Errored;
use ui_test::build_manager::BuildManager;
use ui_test::custom_flags::Flag;
use ui_test::per_test_config::TestConfig;

use super::directives::{NO_NATIVE, failed, form};

/// Writes the expansion of a case that compiles to a file, for [`compare`].
#[derive(Clone, Copy, Debug)]
pub struct Expansion;

impl Flag for Expansion {
    fn clone_inner(&self) -> Box<dyn Flag> {
        Box::new(*self)
    }

    fn must_be_unique(&self) -> bool {
        true
    }

    fn post_test_action(&self, config: &TestConfig, output: &Output, build: &BuildManager) -> Result<(), Errored> {
        let alone = config.comments().any(|comments| comments.custom.contains_key(NO_NATIVE));
        if !output.status.success() || alone {
            return Ok(());
        }
        let mut command = config.build_command(build)?;
        let outcome = command.arg("-Zunpretty=expanded").env("RUSTC_BOOTSTRAP", "1").outcome();
        if outcome.code != Some(0) {
            return Err(failed("expansion", outcome.to_string()));
        }
        let path = dir(&Toolchain::get().work().join("expansions"), form(&config.config))
            .join(crate::case_name(config.status.path()));
        fs::create_dir_all(path.parent().expect("it is in a directory"))
            .and_then(|()| fs::write(&path, outcome.stdout))
            .map_err(|error| failed("expansion", error.to_string()))
    }
}

fn dir(expansions: &Path, form: Form) -> std::path::PathBuf {
    expansions.join(format!("{form:?}"))
}

/// Compares all pairs of files.
///
/// # Errors
///
/// Says which cases differ and where.
pub fn compare(expansions: &Path) -> Result<(), String> {
    let (wasm, native) = (dir(expansions, Form::Wasm), dir(expansions, Form::Native));
    let cases = files(&wasm);
    if cases != files(&native) {
        return Err(format!("`{}` and `{}` do not have the same cases", wasm.display(), native.display()));
    }
    let read =
        |path: &Path| fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()));
    let mut different = String::new();
    for case in &cases {
        let (ours, theirs) = (read(&wasm.join(case))?, read(&native.join(case))?);
        if ours == theirs {
            continue;
        }
        different += &format!("the expansions of case `{}` differ:\n", case.display());
        match ours.lines().zip(theirs.lines()).find(|(ours, theirs)| ours != theirs) {
            Some((ours, theirs)) => different += &format!("  WebAssembly: {ours}\n  native:      {theirs}\n"),
            None => different += "  one is longer than the other\n",
        }
    }
    println!("{} cases expand to the same with WebAssembly macros and with native ones", cases.len());
    if different.is_empty() { Ok(()) } else { Err(different) }
}
