//! What `cargo wasm-proc-macro` wants of one call of Cargo.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::Context as _;
use serde::Deserialize;

use crate::CargoResult;
use crate::core::compiler::{CompileMode, Unit};

/// The environment variable that names the file of the request.
pub(super) const VARIABLE: &str = "__CARGO_WASM_PROC_MACRO_REQUEST";

static REQUEST: OnceLock<Request> = OnceLock::new();

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    /// Print the graph, and build nothing.
    Plan,
    /// Build some macros of the graph, and nothing else.
    Build,
    /// Build what the user asked for, with macros from modules.
    Use,
}

/// The file's content, in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) mode: Mode,
    /// The macro crates that stay native, by the source file of their library.
    #[serde(default)]
    native: Vec<PathBuf>,
    /// The macros that are not compiled.
    #[serde(default)]
    modules: Vec<Module>,
    /// The macros that are wanted in `build` mode.
    #[serde(default)]
    pub(super) build: Vec<Macro>,
    /// Whether a macro that is neither a module nor in `native` is an error.
    #[serde(default)]
    pub(super) forbid_native: bool,
    /// Whether the process ends when all has been compiled.
    #[serde(default)]
    pub(super) runs_nothing: bool,
}

/// A macro package as it is in one build.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Macro {
    package: String,
    features: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Module {
    package: String,
    features: Vec<String>,
    pub(super) path: PathBuf,
    /// What tells the content from that of other builds; empty where the file's time of change does.
    pub(super) digest: String,
}

/// Reads the request, if there is one.
///
/// # Errors
///
/// When its file cannot be read or is not one.
pub(super) fn read() -> CargoResult<()> {
    #[expect(clippy::disallowed_methods, reason = "not a setting, and never in a configuration file")]
    let Some(path) = std::env::var_os(VARIABLE) else { return Ok(()) };
    if REQUEST.get().is_none() {
        let text = std::fs::read(&path);
        let request = text.map_err(anyhow::Error::from).and_then(|text| Ok(serde_json::from_slice(&text)?));
        let request = request.with_context(|| format!("`{VARIABLE}` names no request: `{}`", path.display()))?;
        let _ = REQUEST.set(request);
    }
    Ok(())
}

pub(super) fn get() -> Option<&'static Request> {
    REQUEST.get()
}

impl Request {
    pub(super) fn is_native(&self, source: &Path) -> bool {
        self.native.iter().any(|native| native == source)
    }

    /// The module that a unit is taken from.
    pub(super) fn module(&self, unit: &Unit) -> Option<&Module> {
        is_macro(unit).then(|| self.modules.iter().find(|module| is(unit, &module.package, &module.features))).flatten()
    }
}

impl Macro {
    pub(super) fn is(&self, unit: &Unit) -> bool {
        is_macro(unit) && is(unit, &self.package, &self.features)
    }

    pub(super) fn package(&self) -> &str {
        &self.package
    }
}

/// Whether a unit is what expands macros: not the tests or the documentation of a macro crate.
pub(super) fn is_macro(unit: &Unit) -> bool {
    unit.target.proc_macro() && unit.mode == CompileMode::Build
}

fn is(unit: &Unit, package: &str, features: &[String]) -> bool {
    unit.features.iter().map(|feature| feature.as_str()).eq(features.iter().map(String::as_str))
        && unit.pkg.package_id().to_spec().to_string() == package
}
