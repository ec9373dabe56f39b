//! A directory of a test's own, with the compiler in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::artifacts::{Artifacts, Form};
use crate::command::{Outcome, RustcExt};
use crate::toolchain::Toolchain;

/// An empty directory that goes when the test ends.
#[derive(Debug)]
pub struct Lab {
    dir: TempDir,
}

impl Lab {
    /// A new directory.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Lab {
        let parent = Toolchain::get().work().join("labs");
        fs::create_dir_all(&parent).unwrap_or_else(|error| panic!("cannot make `{}`: {error}", parent.display()));
        Lab { dir: tempfile::tempdir_in(parent).expect("a temporary directory can be made") }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path in the directory.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, and the directories above it, and returns its path.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        write_at(self.join(name), contents)
    }

    /// A module of an auxiliary crate, copied to `NAME.wasm` in the directory.
    pub fn module(&self, krate: &str, name: &str) -> PathBuf {
        let module = Artifacts::get().macros(krate, Form::Wasm).unwrap_or_else(|error| panic!("{error}"));
        self.write(&format!("{name}.wasm"), fs::read(module).expect("it was just built"))
    }

    /// A module built from that source, written to `NAME.wasm` in the directory.
    pub fn module_from(&self, name: &str, source: &str) -> PathBuf {
        let module = Artifacts::get().macros_from(name, source, Form::Wasm);
        self.write(&format!("{name}.wasm"), fs::read(module).expect("it was just built"))
    }

    /// A call of rustc for edition 2024, with the directory as its working directory and a cache in it.
    pub fn rustc(&self) -> Command {
        self.rustc_for_edition("2024")
    }

    /// As [`rustc`](Lab::rustc), for another edition.
    pub fn rustc_for_edition(&self, edition: &str) -> Command {
        let mut rustc = self.rustc_with_default_cache();
        rustc.cache(&self.join("cache")).args(["--edition", edition]);
        rustc
    }

    /// A call of rustc without options, with the directory as its working directory.
    pub fn rustc_with_default_cache(&self) -> Command {
        let mut rustc = Toolchain::get().rustc();
        rustc.current_dir(self.path());
        rustc
    }

    /// Runs a program in the directory.
    pub fn run(&self, program: &str) -> Outcome {
        Command::new(self.join(program)).current_dir(self.path()).outcome()
    }
}

/// Writes a file, and makes the directories above it. Returns its path.
///
/// # Panics
///
/// If that fails.
pub fn write_at(path: PathBuf, contents: impl AsRef<[u8]>) -> PathBuf {
    let dir = path.parent().expect("a file is in a directory");
    fs::create_dir_all(dir)
        .and_then(|()| fs::write(&path, contents))
        .unwrap_or_else(|error| panic!("cannot write `{}`: {error}", path.display()));
    path
}
