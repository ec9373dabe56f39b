//! What `cargo wasm-proc-macro` wants of one call of Cargo.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::CargoResult;
use crate::core::compiler::{CompileMode, Unit};

/// The environment variable that names the file of the request.
pub(super) const VARIABLE: &str = "__CARGO_WASM_PROC_MACRO_REQUEST";

/// Followed by a module's identity among the arguments of a compilation that copies it. No compiler ever sees it.
pub(super) const MODULE_FLAG: &str = "--wasm-proc-macro-module";

/// The one that counts. Those before it stay in memory, for there are few in a process.
static CURRENT: RwLock<Option<&'static Current>> = RwLock::new(None);

/// A request, and what those see in their environment who work for it.
pub(super) struct Current {
    pub(super) request: Request,
    /// Variables of compilers.
    pub(super) compilers: Vec<(&'static str, OsString)>,
    /// Variables of compilers and programs.
    pub(super) all: Vec<(&'static str, OsString)>,
}

impl Current {
    pub(super) fn new(request: Request) -> Current {
        Current { request, compilers: Vec::new(), all: Vec::new() }
    }
}

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

#[derive(Deserialize, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Profile {
    /// As quickly as natively.
    #[default]
    Quick,
    /// As releases are.
    Optimized,
}

/// The file's content, in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) mode: Mode,
    /// The macro crates that stay native, by the source file of their library, which is all that is known where Cargo chooses a platform.
    #[serde(default)]
    native: Vec<PathBuf>,
    /// The packages whose macros run natively.
    #[serde(default)]
    native_packages: Vec<String>,
    /// The macros that are not compiled.
    #[serde(default)]
    pub(super) modules: Vec<Module>,
    /// The macros that are wanted in `build` mode.
    #[serde(default)]
    pub(super) build: Vec<Macro>,
    /// How they are compiled.
    #[serde(default)]
    pub(super) profile: Profile,
    /// Whether the process ends when all has been compiled that can be.
    #[serde(default)]
    pub(super) runs_nothing: bool,
    /// The file that is made if a macro was not planned because those are native now with which it is built.
    #[serde(default)]
    pub(super) unplanned: Option<PathBuf>,
    /// Where the policies of compilations are kept.
    #[serde(default)]
    pub(super) policy_dir: Option<PathBuf>,
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
    /// The file whose time of change tells whether it is another one. Without it the SHA-256 does.
    pub(super) stamp: Option<PathBuf>,
    /// The SHA-256 of the module, in hexadecimal digits. Empty for one that is built in the same graph.
    pub(super) sha256: String,
    /// The package: its id, and what messages call it.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    #[serde(default)]
    pub(super) grants: Grants,
}

/// What the user lets the macros of a package have, as it stands in a policy, too.
#[derive(Deserialize, Serialize, Clone, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Grants {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    read: Vec<PathBuf>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    env: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memory: Option<String>,
}

/// Reads the request that the environment names, unless there is one.
///
/// # Errors
///
/// When its file cannot be read or is not one.
pub(super) fn read() -> CargoResult<()> {
    #[expect(clippy::disallowed_methods, reason = "not a setting, and never in a configuration file")]
    let Some(path) = std::env::var_os(VARIABLE) else { return Ok(()) };
    if current().is_none() {
        let text = std::fs::read(&path);
        let request = text.map_err(anyhow::Error::from).and_then(|text| Request::parse(&text));
        let request = request.with_context(|| format!("`{VARIABLE}` names no request: `{}`", path.display()))?;
        set(Some(Current::new(request)));
    }
    Ok(())
}

/// Whether the environment names one.
pub(super) fn is_there() -> bool {
    #[expect(clippy::disallowed_methods, reason = "not a setting, and never in a configuration file")]
    std::env::var_os(VARIABLE).is_some()
}

/// From now on this one counts, or none.
pub(super) fn set(new: Option<Current>) {
    let new: Option<&Current> = new.map(|new| &*Box::leak(Box::new(new)));
    *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = new;
}

pub(super) fn current() -> Option<&'static Current> {
    *CURRENT.read().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a variable is one that compilers have from here, which is no macro's business.
pub(super) fn is_ours(variable: &str) -> bool {
    current().is_some_and(|current| current.all.iter().chain(&current.compilers).any(|(name, _)| *name == variable))
}

pub(super) fn get() -> Option<&'static Request> {
    current().map(|current| &current.request)
}

impl Request {
    /// # Errors
    ///
    /// When the text is no request.
    pub(super) fn parse(text: &[u8]) -> CargoResult<Request> {
        Ok(serde_json::from_slice(text)?)
    }

    pub(super) fn is_native(&self, source: &Path) -> bool {
        self.native.iter().any(|native| native == source)
    }

    /// Whether somebody has said that the macros of a unit's package run natively. Packages may have a source file in common.
    pub(super) fn may_be_native(&self, unit: &Unit) -> bool {
        let package = unit.pkg.package_id().to_spec().to_string();
        self.native_packages.contains(&package)
    }

    /// Whether macros are built in the same graph as what uses them.
    pub(super) fn builds_along(&self) -> bool {
        self.mode == Mode::Use && !self.build.is_empty()
    }

    /// The module that a unit is taken from, if that is there.
    pub(super) fn ready(&self, unit: &Unit) -> Option<&Module> {
        self.module(unit).filter(|module| module.is_there())
    }

    /// The module that a unit is taken from.
    pub(super) fn module(&self, unit: &Unit) -> Option<&Module> {
        self.module_index(unit).map(|index| &self.modules[index])
    }

    /// The module with that identity.
    pub(super) fn identified(&self, identity: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.identity() == identity)
    }

    /// Its index among all modules.
    pub(super) fn module_index(&self, unit: &Unit) -> Option<usize> {
        let name = unit.pkg.name();
        let is_it = |module: &Module| name == module.name.as_str() && is(unit, &module.package, &module.features);
        is_macro(unit).then(|| self.modules.iter().position(is_it)).flatten()
    }
}

impl Module {
    /// Whether it was built before.
    pub(super) fn is_there(&self) -> bool {
        !self.sha256.is_empty()
    }

    /// The SHA-256. Of one that is built in the same graph, once its stamp is written.
    pub(super) fn sha256(&self) -> Cow<'_, str> {
        let stamp = self.stamp.as_ref().filter(|_| !self.is_there());
        stamp.and_then(|stamp| std::fs::read_to_string(stamp).ok()).map_or(Cow::Borrowed(&*self.sha256), Cow::Owned)
    }

    /// What tells it from others wherever Cargo compares units.
    pub(super) fn identity(&self) -> String {
        self.stamp.as_ref().map_or_else(|| self.sha256.clone(), |stamp| stamp.to_string_lossy().into_owned())
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
