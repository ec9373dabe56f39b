//! `[modules]` of `wasm-proc-macro.toml`: modules that a project brings along.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use stubgen::module::ModuleInfo;

use super::FILE_NAME;
use crate::failure::{Failure, Result};
use crate::macros::{Macro, Macros, near};

/// What is pinned for a package.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pin {
    path: PathBuf,
    sha256: String,
    /// The package's features that the module was built with; they are not looked at if they are not there.
    features: Option<Vec<String>>,
}

/// The pins of a workspace.
#[derive(Default)]
pub(crate) struct Pins {
    root: PathBuf,
    pins: BTreeMap<String, Pin>,
}

/// A pinned module that was read and found right.
pub(crate) struct Pinned {
    pub(crate) path: PathBuf,
    pub(crate) sha256: String,
}

impl Pins {
    pub(crate) fn new(root: &Path, pins: BTreeMap<String, Pin>) -> Pins {
        Pins { root: root.to_owned(), pins }
    }

    /// Which pins there are: `NAME` or `NAME@VERSION`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.pins.keys().map(String::as_str)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pins.is_empty()
    }

    /// Whether a module is pinned for a macro, as it may turn out one that cannot be used.
    pub(crate) fn has(&self, it: &Macro<'_>) -> bool {
        self.names().any(|name| it.is_named(name))
    }

    /// A sentence about each pin that belongs to no macro.
    pub(crate) fn unused(&self, macros: &Macros<'_>) -> Vec<String> {
        let unused = self.names().filter(|name| !macros.list.iter().any(|it| it.is_named(name)));
        let say = |name: &str| {
            let near =
                near(name, macros.list.iter().map(|it| it.name)).map(|near| format!("; {near}")).unwrap_or_default();
            format!("`{name}` in `{FILE_NAME}` names no macro package of this project{near}")
        };
        unused.map(say).collect()
    }

    /// The module that is pinned for a macro, checked.
    pub(crate) fn module(&self, it: &Macro<'_>, macros: &Macros<'_>) -> Result<Option<Pinned>> {
        let Some((name, pin)) = self.pin_of(it)? else { return Ok(None) };
        if name == it.name && macros.has_versions(name) {
            return Err(Failure::new(format!("`{name}` in `{FILE_NAME}` can mean more than one version of it"))
                .help(format!("write `\"{name}@{}\"`, and one line for each version that has a module", it.version)));
        }
        let path = self.root.join(&pin.path);
        let again =
            format!("`cargo wasm-proc-macro pack -p {}@{}` makes the module and the line again", it.name, it.version);
        let wrong = |what: String| {
            Failure::new(format!("the module that `{FILE_NAME}` pins for `{name}` {what}"))
                .note(format!("the module is `{}`", path.display()))
        };
        let bytes = fs::read(&path).map_err(|error| wrong(format!("cannot be read: {error}")).help(&again))?;
        let found = stubgen::module::Digest::of(&bytes);
        if found.to_string() != pin.sha256.to_ascii_lowercase() {
            return Err(wrong("is another one than was pinned".to_owned())
                .note(format!("pinned: sha256 = {}\nfound:  sha256 = {found}", pin.sha256))
                .help(format!("find out why it has changed; if it was meant to change, {again}")));
        }
        let info = ModuleInfo::parse_with_digest(&bytes, found).map_err(|error| {
            wrong(format!("cannot be used: {error}")).help(error.help().unwrap_or_else(|| again.clone()))
        })?;
        if info.abi.krate != it.krate || info.abi.version != it.version {
            return Err(wrong(format!("is of crate `{}` {}", info.abi.krate, info.abi.version))
                .note(format!("the project uses crate `{}` {}", it.krate, it.version))
                .help(again));
        }
        let is_missing = |feature: &&String| pin.features.as_ref().is_some_and(|pinned| !pinned.contains(feature));
        let missing: Vec<&str> = it.features.iter().filter(is_missing).map(String::as_str).collect();
        if !missing.is_empty() {
            return Err(wrong(format!("was built without what the project needs: {}", missing.join(", ")))
                .note(format!(
                    "pinned: features = {:?}\nneeded: features = {:?}",
                    pin.features.as_deref().unwrap_or_default(),
                    it.features
                ))
                .help(format!(
                    "{again}, with the options of Cargo's that lead to these features, such as `--all-targets`"
                )));
        }
        Ok(Some(Pinned { path, sha256: found.to_string() }))
    }

    /// The pin of a macro: one with a version beats one without.
    fn pin_of(&self, it: &Macro<'_>) -> Result<Option<(&str, &Pin)>> {
        let mut with_version = self.pins.iter().filter(|(name, _)| name.as_str() != it.name && it.is_named(name));
        match (with_version.next(), with_version.next()) {
            (Some((first, _)), Some((second, _))) => {
                Err(Failure::new(format!("`{first}` and `{second}` in `{FILE_NAME}` both name {}", it.named()))
                    .help("remove one of the two lines"))
            }
            (Some((name, pin)), None) => Ok(Some((name, pin))),
            (None, _) => Ok(self.pins.get_key_value(it.name).map(|(name, pin)| (name.as_str(), pin))),
        }
    }
}
