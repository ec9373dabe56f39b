//! Keys of the store: one digest for everything that decides what a macro's module is made of.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;
use stubgen::module::Digest;

use crate::plan::Plan;

/// Raise this when a key is to mean something else. The flags with which macros are built need no number here: they stand in
/// the toolchain's Cargo, which is part of its identity.
const FORMAT: u32 = 2;

/// A key, as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Key(String);

impl Key {
    /// The key that is written so, if it is one.
    pub(crate) fn from_text(text: &str) -> Option<Key> {
        let is_key = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_key.then(|| Key(text.to_owned()))
    }

    /// The key of what all of `value` decides.
    pub(crate) fn of(value: &impl Serialize) -> Key {
        Key(digest(value))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of what is decided by this one and by `more`.
    pub(crate) fn with(&self, more: &impl Serialize) -> Key {
        Key(digest(&(self.as_str(), more)))
    }

    /// Enough of it to tell it from others by eye.
    pub(crate) fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Computes keys of one plan.
///
/// A package from a registry or a commit never changes, so its id stands for its source, with the registry's checksum, since
/// another registry may stand in for it. Not in a key, on purpose: paths, which are remapped; the user's profile and flags, of
/// which Cargo uses none for modules but those about `cfg`s; environment variables and files elsewhere, which are known once it is built:
/// they make of this key that of a module, see `sources`.
pub(crate) struct Keys<'a> {
    plan: &'a Plan,
    toolchain: Digest,
    units: HashMap<usize, String>,
}

/// What is digested of a unit. The order of fields is part of the format.
#[derive(Serialize)]
struct UnitKey<'a> {
    package: &'a str,
    checksum: Option<&'a str>,
    checkout: Option<String>,
    name: &'a str,
    version: &'a str,
    krate: &'a str,
    kind: &'a str,
    mode: &'a str,
    platform: &'a str,
    edition: &'a str,
    links: Option<&'a str>,
    features: Vec<&'a str>,
    cfgs: &'a [String],
    /// Extern names and the digests of what they stand for.
    deps: Vec<(&'a str, String)>,
}

impl<'a> Keys<'a> {
    pub(crate) fn new(plan: &'a Plan, toolchain: Digest) -> Keys<'a> {
        Keys { plan, toolchain, units: HashMap::new() }
    }

    /// The key of the module that is built from `units`: nearly always one.
    pub(crate) fn of(&mut self, units: &[usize]) -> Key {
        let mut digests: Vec<String> = units.iter().map(|unit| self.unit(*unit)).collect();
        digests.sort();
        digests.dedup();
        let text = (FORMAT, &self.plan.rustc, self.toolchain.to_string(), digests);
        Key(digest(&text))
    }

    /// The digest of a unit and all that it depends on. Indices are no part of it: they are other ones in each project.
    fn unit(&mut self, index: usize) -> String {
        if let Some(known) = self.units.get(&index) {
            return known.clone();
        }
        let unit = &self.plan.units[index];
        let mut deps: Vec<(&str, String)> =
            unit.deps.iter().map(|dep| (dep.name.as_str(), self.unit(dep.unit))).collect();
        deps.sort();
        deps.dedup();
        let mut features: Vec<&str> = unit.features.iter().map(String::as_str).collect();
        features.sort();
        features.dedup();
        let digest = digest(&UnitKey {
            package: &unit.package,
            checksum: unit.checksum.as_deref(),
            checkout: (unit.source == "git").then(|| unit.git_checkout()).flatten(),
            name: &unit.name,
            version: &unit.version,
            krate: &unit.krate,
            kind: &unit.kind,
            mode: &unit.mode,
            platform: &unit.platform,
            edition: &unit.edition,
            links: unit.links.as_deref(),
            features,
            cfgs: &unit.cfgs,
            deps,
        });
        self.units.insert(index, digest.clone());
        digest
    }
}

/// JSON, since it keeps neighbouring texts apart.
fn digest(value: &impl Serialize) -> String {
    let text = serde_json::to_vec(value).expect("texts, numbers and lists can be written as JSON");
    Digest::of(&text).to_string()
}
