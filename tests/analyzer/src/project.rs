//! A project with macro crates where Cargo puts them.

use std::fs;
use std::path::{Path, PathBuf};

use stubgen::module::Digest;
use tests::{Artifacts, Form, Lab};

/// What Cargo writes into target directories.
const TAG: &str =
    "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by cargo.\n";

/// The hash in the names of libraries.
const HASH: &str = "0123456789abcdef";

/// A directory that goes when the test ends.
pub struct Project {
    lab: Lab,
}

impl Project {
    /// One without macros.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Project {
        let lab = Lab::new();
        lab.write("target/CACHEDIR.TAG", TAG);
        Project { lab }
    }

    /// Its root.
    pub fn path(&self) -> &Path {
        self.lab.path()
    }

    /// Writes a file.
    pub fn write(&self, name: &str, contents: &str) -> PathBuf {
        self.lab.write(name, contents)
    }

    /// Grants the package of a module what `lines` say, as Cargo writes it down.
    ///
    /// # Panics
    ///
    /// If the module cannot be read.
    pub fn grant(&self, module: &Path, lines: &str) {
        let digest = Digest::of(&fs::read(module).expect("the module"));
        let package = format!(
            "[build]\n[[package]]\nid = 'x'\nname = 'bad'\nversion = '0.0.0'\nmodules = ['{digest}']\n{lines}\n"
        );
        self.lab.write(&format!("target/wasm-proc-macro/policy/modules/{digest}.toml"), package);
    }

    /// Builds the macro crate `name` from `source`, and puts it where Cargo would: under the name of a library.
    ///
    /// # Panics
    ///
    /// If it does not compile.
    pub fn macros(&self, name: &str, source: &str, form: Form) -> PathBuf {
        let built = Artifacts::get().macros_from(name, source, form);
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        let profile = if form == Form::Native { "native" } else { "debug" };
        let bytes = fs::read(built).expect("it was just built");
        self.lab.write(&format!("target/{profile}/deps/{prefix}{name}-{HASH}{suffix}"), bytes)
    }
}
