//! `[permissions]` of `wasm-proc-macro.toml`: what the user lets macro packages have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use semver::{Version, VersionReq};
use serde::Deserialize;
use toml::Spanned;

use super::FILE_NAME;
use crate::amount::{Memory, Time};
use crate::failure::{Failure, Result};
use crate::grants::{Grants, is_pattern};
use crate::macros::{Macro, Macros, near};
use crate::plan::Plan;
use crate::toml_string::string;

/// How the ids of packages begin that are from crates.io, in whatever way Cargo asks it.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index#";

/// What stands below `[permissions]`.
pub(crate) type Sections = BTreeMap<Spec, Section>;

/// Which packages a section is about: `NAME`, `NAME@VERSION-REQUIREMENT` or a package id.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Spec {
    text: String,
    /// Nothing if the text is a package id.
    named: Option<(String, Option<VersionReq>)>,
}

/// What is granted to a package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    #[serde(default)]
    read: Vec<ReadPath>,
    #[serde(default)]
    env: Vec<Pattern>,
    native: Option<Spanned<bool>>,
    time: Option<Time>,
    memory: Option<Memory>,
}

/// A path, below the workspace's root if it is relative.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct ReadPath(PathBuf);

/// The name of a variable, or with `*` at its end all that begin so.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Pattern(String);

/// The permissions of a workspace.
#[derive(Default)]
pub(crate) struct Permissions {
    root: PathBuf,
    /// Whether Cargo has fetched what is built. Who made that gives packages of its own what names they like, also in a registry of its own,
    /// so only those of crates.io are meant by a name.
    is_fetched: bool,
    sections: Sections,
    /// Where the lines of the file end, in bytes.
    lines: Vec<usize>,
}

impl Permissions {
    pub(crate) fn new(plan: &Plan, text: &str, sections: Sections) -> Permissions {
        let lines = text.match_indices('\n').map(|(end, _)| end).collect();
        Permissions { root: plan.project().to_owned(), is_fetched: plan.is_fetched, sections, lines }
    }

    fn name(&self, spec: &Spec, it: &Macro<'_>) -> bool {
        spec.names(it) && (!self.is_fetched || spec.named.is_none() || it.package.starts_with(CRATES_IO))
    }

    /// What a macro package may have: all that the sections say which name it.
    pub(crate) fn of(&self, it: &Macro<'_>) -> Grants {
        let mut grants = Grants::default();
        for (_, section) in self.sections.iter().filter(|(spec, _)| self.name(spec, it)) {
            grants.read.extend(section.read.iter().map(|path| self.root.join(&path.0)));
            grants.env.extend(section.env.iter().map(|pattern| pattern.0.clone()));
            let more = |old: &Option<Time>, new: &Time| old.as_ref().is_none_or(|old| old.amount() < new.amount());
            grants.time = section.time.clone().filter(|new| more(&grants.time, new)).or(grants.time);
            let more = |old: &Option<Memory>, new: &Memory| old.as_ref().is_none_or(|old| old.amount() < new.amount());
            grants.memory = section.memory.clone().filter(|new| more(&grants.memory, new)).or(grants.memory);
        }
        grants
    }

    /// The line that makes a macro package native, and where it stands.
    pub(crate) fn native(&self, it: &Macro<'_>) -> Option<String> {
        let lines = self.sections.iter().filter(|(spec, _)| self.name(spec, it)).filter_map(|(_, section)| {
            let native = section.native.as_ref().filter(|native| *native.get_ref())?;
            Some(self.lines.partition_point(|end| *end < native.span().start) + 1)
        });
        lines.min().map(|line| format!("`native = true` in `{FILE_NAME}`, line {line}"))
    }

    /// Which key a package's lines belong under: that of a section which there is, else of a new one, which names no other macro.
    pub(crate) fn key_for(&self, it: &Macro<'_>, macros: &Macros<'_>) -> String {
        let own = |spec: &&Spec| {
            self.name(spec, it) && !macros.list.iter().any(|other| other.package != it.package && spec.names(other))
        };
        if let Some(spec) = self.sections.keys().find(own) {
            return spec.text.clone();
        }
        let with_version = format!("{}@{}", it.name, it.version);
        let keys = [it.name.to_owned(), with_version].into_iter();
        let mut keys = keys.filter(|key| Spec::try_from(key.clone()).is_ok_and(|spec| own(&&spec)));
        keys.next().unwrap_or_else(|| it.package.to_owned())
    }

    /// A sentence about each section that belongs to no macro.
    ///
    /// # Errors
    ///
    /// If a section names packages from different places: whoever can add a package of a name must not get what was granted to another.
    pub(crate) fn check(&self, macros: &Macros<'_>) -> Result<Vec<String>> {
        let mut unused = Vec::new();
        for spec in self.sections.keys() {
            let found: BTreeSet<&str> =
                macros.list.iter().filter(|it| self.name(spec, it)).map(|it| it.package).collect();
            let place = |id: &&str| id.split('#').next().unwrap_or_default().to_owned();
            if found.iter().map(place).collect::<BTreeSet<_>>().len() > 1 {
                let failure = Failure::new(format!(
                    "`{}` in `{FILE_NAME}` names macro packages from different places",
                    spec.text
                ));
                let failure = found.iter().fold(failure, |failure, id| failure.note(*id));
                let id = found.first().copied().unwrap_or_default();
                return Err(
                    failure.help(format!("write the id of the package that you mean: `[permissions.{}]`", string(id)))
                );
            }
            if found.is_empty() {
                unused.push(spec.unused(macros));
            }
        }
        Ok(unused)
    }
}

impl Spec {
    fn names(&self, it: &Macro<'_>) -> bool {
        match &self.named {
            None => self.text == it.package,
            Some((name, _)) if name != it.name => false,
            Some((_, None)) => true,
            Some((_, Some(wanted))) => Version::parse(it.version).is_ok_and(|version| wanted.matches(&version)),
        }
    }

    fn unused(&self, macros: &Macros<'_>) -> String {
        let name = self.named.as_ref().map_or(self.text.as_str(), |(name, _)| name);
        let there: Vec<String> =
            macros.list.iter().filter(|it| it.name == name).map(|it| it.named().to_string()).collect();
        let hint = match there.is_empty() {
            false => Some(format!("there is {}", there.join(", "))),
            true => near(name, macros.list.iter().map(|it| it.name)),
        };
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("`{}` in `{FILE_NAME}` names no macro package of this project{hint}", self.text)
    }
}

impl TryFrom<String> for Spec {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Spec, String> {
        if text.contains('#') {
            return Ok(Spec { text, named: None });
        }
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text.as_str(), None),
        };
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
            return Err(format!("`{text}` is not a package; write `NAME`, `NAME@VERSION` or a package id"));
        }
        let wrong = |error| format!("`{text}` has an invalid version: {error}");
        let version = version.map(VersionReq::parse).transpose().map_err(wrong)?;
        let named = Some((name.to_owned(), version));
        Ok(Spec { text, named })
    }
}

impl PartialEq for Spec {
    fn eq(&self, other: &Spec) -> bool {
        self.text == other.text
    }
}

impl Eq for Spec {}

impl PartialOrd for Spec {
    fn partial_cmp(&self, other: &Spec) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Spec {
    fn cmp(&self, other: &Spec) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl TryFrom<String> for ReadPath {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<ReadPath, String> {
        if text.is_empty() || text.contains('\0') {
            return Err("this is not a path".to_owned());
        }
        if text.contains(['*', '?']) {
            return Err(format!("`{text}` is a pattern; write a directory instead, which includes all below it"));
        }
        if text == "~" || text.starts_with("~/") {
            return Err(format!("`{text}` is not expanded; write the full path"));
        }
        Ok(ReadPath(text.into()))
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Pattern, String> {
        is_pattern(&text).map(|()| Pattern(text))
    }
}
