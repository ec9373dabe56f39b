//! Modules made for watt: written by hand in `ui/auxiliary/watt/`, and the one that the crate `wa-serde-derive` ships.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::RustcExt;
use crate::toolchain::{Toolchain, clean_environment};

/// Where the modules written by hand are, from the directory in which cargo runs tests.
const SOURCES: &str = "ui/auxiliary/watt";

/// The package that pins the crate, likewise.
const PACKAGE: &str = "watt";

/// The module `ui/auxiliary/watt/NAME.wat`, assembled.
///
/// # Errors
///
/// Says why it cannot be.
pub fn module(name: &str) -> Result<PathBuf, String> {
    let source = Path::new(SOURCES).join(format!("{name}.wat"));
    let module = wat::parse_file(&source).map_err(|error| error.to_string())?;
    let dir = Toolchain::get().work().join("watt");
    let path = dir.join(format!("{name}.wasm"));
    let in_words = |error: std::io::Error| format!("cannot write `{}`: {error}", path.display());
    if fs::read(&path).is_ok_and(|old| old == module) {
        return Ok(path);
    }
    // Another case may be reading it.
    fs::create_dir_all(&dir).map_err(in_words)?;
    let aside = tempfile::NamedTempFile::new_in(&dir).map_err(in_words)?;
    fs::write(aside.path(), module).map_err(in_words)?;
    aside.persist(&path).map_err(|error| in_words(error.error))?;
    Ok(path)
}

/// stage0's cargo in the directory of the package, with the fork as its compiler.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"));
    for (name, _) in clean_environment() {
        cargo.env_remove(name);
    }
    cargo.current_dir(PACKAGE).env("RUSTC", Toolchain::get().rustc_path());
    cargo.env("CARGO_TARGET_DIR", Toolchain::get().work().join("watt-package"));
    cargo
}

/// `serde_derive.wasm` in the crate `wa-serde-derive`, as Cargo downloads it.
///
/// # Panics
///
/// If Cargo cannot say where it is.
pub fn serde_derive() -> PathBuf {
    let metadata = cargo().args(["metadata", "--format-version", "1", "--locked"]).outcome().success();
    // Of all strings in there, one is the path of the package's manifest.
    let dir = metadata
        .stdout
        .split('"')
        .filter_map(|string| string.strip_suffix("/Cargo.toml"))
        .find(|dir| dir.rsplit('/').next().is_some_and(|name| name.starts_with("wa-serde-derive-")));
    Path::new(dir.expect("the crate is a dependency")).join("src/serde_derive.wasm")
}
