//! What macros were refused, as the compiler has written it down.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::decision::Decision;
use crate::line::Line;
use crate::refused::Refused;
use crate::resolve::Resolver;

/// A line of the file.
#[derive(Deserialize)]
struct Record {
    /// Cargo's id of the package, if Cargo had a say.
    package: Option<String>,
    /// The SHA-256 of the module.
    digest: String,
    #[serde(rename = "macro")]
    name: String,
    kind: String,
    what: String,
    /// The same in words.
    refused: String,
    grant: Option<String>,
}

/// What was refused to a macro of the plan, by index. Each thing once.
pub(crate) fn read(path: &Path, resolver: &Resolver<'_>) -> Vec<(usize, Refused)> {
    let find = |package: &str, digest: &str| {
        let is_it = |(index, decision): &(&usize, &Decision)| {
            let is_package = resolver.macros.list[**index].package == package;
            is_package && matches!(decision, Decision::Wasm(module) if module.digest == digest)
        };
        resolver.decisions.iter().find(is_it).map(|(index, _)| *index)
    };
    of_known(path, resolver.macros.plan.project(), find)
}

/// What was refused to macros that `find` knows by package id and digest. Each thing once.
///
/// A record belongs to a package and a module. What a module calls itself says nothing: any package may have a library of another's name.
pub(crate) fn of_known(
    path: &Path,
    project: &Path,
    find: impl Fn(&str, &str) -> Option<usize>,
) -> Vec<(usize, Refused)> {
    let real_project = fs::canonicalize(project).unwrap_or(project.to_owned());
    let mut refusals: Vec<(usize, Refused)> = Vec::new();
    // Without a file nothing was refused. A line that was cut off belongs to a compiler that was killed.
    let text = fs::read(path).unwrap_or_default();
    for line in text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Record>(line).ok()) {
        let Some(index) = line.package.as_deref().and_then(|package| find(package, &line.digest)) else { continue };
        let is_known =
            |(it, known): &(usize, Refused)| *it == index && (&known.kind, &known.what) == (&line.kind, &line.what);
        if refusals.iter().any(is_known) {
            continue;
        }
        let Record { name, kind, what, refused, grant, .. } = line;
        let line = Line::proposed(grant.as_deref(), &[project, &real_project]);
        refusals.push((index, Refused { name, kind, what, refused, line }));
    }
    refusals
}
