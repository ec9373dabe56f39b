//! Whether the macros of crates build to WebAssembly and load.
//!
//! Every crate of the list is the dependency of a project of its own. All projects are members of one workspace, so they share one
//! lock file, and a version of each dependency.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use cargo_tests::Kind;

use crate::list::Entry;
use crate::results::{Load, Verdict};
use crate::transcript;
use crate::work::{Ended, Stop, Work, write};

/// How many crates are tried at once. Where they fail, they are tried in halves.
pub const TOGETHER: usize = 10;
/// How long one crate may take.
const LIMIT: Duration = Duration::from_secs(900);
/// Features of what nearly every macro is made of. A package that asks for all of them has it built once, and not once for every
/// choice of features. They change nothing in what a macro does: each adds something.
pub const WIDEST: &str = r#"[package]
name = "widest"
version = "0.0.0"
edition = "2024"
publish = false

[lib]
proc-macro = true
test = false
doctest = false

[dependencies]
syn = { version = "3", features = ["full", "extra-traits", "visit", "visit-mut", "fold"] }
syn-2 = { package = "syn", version = "2", features = ["full", "extra-traits", "visit", "visit-mut", "fold"] }
syn-1 = { package = "syn", version = "1", features = ["full", "extra-traits", "visit", "visit-mut", "fold"] }
quote = "1"
proc-macro2 = "1"
"#;

/// The workspace.
#[derive(Debug)]
pub struct Loads<'a> {
    work: &'a Work,
    dir: PathBuf,
}

impl<'a> Loads<'a> {
    /// Writes the workspace and resolves it.
    ///
    /// # Errors
    ///
    /// If that is not possible.
    pub fn lay(work: &'a Work, list: &[Entry]) -> Result<Loads<'a>, Stop> {
        let dir = work.dir.join("load");
        let own = Loads { work, dir };
        write(&own.dir.join("Cargo.toml"), "[workspace]\nmembers = [\"crates/*\", \"widest\"]\nresolver = \"3\"\n")?;
        write(&own.dir.join("widest/Cargo.toml"), WIDEST)?;
        write(&own.dir.join("widest/src/lib.rs"), "")?;
        let mut permissions = toml::Table::new();
        for entry in list {
            let member = own.dir.join("crates").join(&entry.name);
            write(&member.join("Cargo.toml"), &manifest(entry))?;
            write(&member.join("src/lib.rs"), "extern crate macros as _;\n")?;
            permissions.extend(entry.permissions.clone());
        }
        for entry in fs::read_dir(own.dir.join("crates")).into_iter().flatten().flatten() {
            if !list.iter().any(|listed| entry.file_name() == *listed.name) {
                _ = fs::remove_dir_all(entry.path());
            }
        }
        write(&own.dir.join("wasm-proc-macro.toml"), &grants(permissions))?;
        let resolved = own.cargo(Kind::Plain, &["fetch", "--target", "x86_64-unknown-linux-gnu"])?;
        if !resolved.is_success() {
            let text = format!("the crates of the list cannot be resolved together:\n{}", resolved.outcome.stderr);
            return Err(Stop::Machine(text));
        }
        Ok(own)
    }

    fn cargo(&self, kind: Kind, words: &[&str]) -> Result<Ended, Stop> {
        self.work.run(self.work.cargo(kind, &self.dir, words), LIMIT)
    }

    /// Where Cargo has written which versions there are.
    pub fn lock_file(&self) -> PathBuf {
        self.dir.join("Cargo.lock")
    }

    /// Builds and loads these, together and where that fails in parts.
    ///
    /// # Errors
    ///
    /// If what came of it is no result.
    pub fn load<'e>(&self, entries: &[&'e Entry]) -> Result<Vec<(&'e Entry, Load)>, Stop> {
        let mut failures = BTreeMap::new();
        let attempt = |some: &[&'e Entry]| {
            self.work.check()?;
            let ended = self.check(Kind::Command, some)?;
            let is_success = ended.is_success();
            if let (false, [one]) = (is_success, some) {
                failures.insert(one.name.clone(), ended);
            }
            Ok(is_success)
        };
        let split = in_halves(entries, attempt)?;
        let mut found = Vec::new();
        for (entry, is_success) in split {
            let load = if is_success { self.loaded(entry)? } else { self.failed(entry, &failures[&entry.name])? };
            found.push((entry, load));
        }
        Ok(found)
    }

    fn check(&self, kind: Kind, entries: &[&Entry]) -> Result<Ended, Stop> {
        let mut words = vec!["check", "-p", "widest"];
        let members: Vec<String> = entries.iter().map(|entry| member(entry)).collect();
        words.extend(members.iter().flat_map(|member| ["-p", member]));
        if kind == Kind::Command {
            words.push("--forbid-native");
        }
        self.work.run(self.work.cargo(kind, &self.dir, &words), LIMIT * entries.len() as u32)
    }

    fn loaded(&self, entry: &Entry) -> Result<Load, Stop> {
        let macros = self.macros(entry)?;
        let (verdict, reason) = match macros[..] {
            [] => (Verdict::NotRun, "there is no macro in its graph".to_owned()),
            _ => (Verdict::Equal, String::new()),
        };
        Ok(Load { verdict, reason, macros, toolchain: self.work.identity.clone() })
    }

    /// What natively does not build either says nothing about macros from Wasm.
    fn failed(&self, entry: &Entry, ended: &Ended) -> Result<Load, Stop> {
        let native = self.check(Kind::Plain, &[entry])?;
        let (verdict, reason) = if native.is_success() {
            (Verdict::Different, transcript::reason(ended))
        } else {
            (Verdict::NotRun, format!("does not build natively: {}", transcript::reason(&native)))
        };
        Ok(Load { verdict, reason, macros: self.macros(entry)?, toolchain: self.work.identity.clone() })
    }

    /// The packages with macros that Cargo builds for the project.
    fn macros(&self, entry: &Entry) -> Result<Vec<String>, Stop> {
        let member = member(entry);
        let words = ["tree", "-p", &member, "-e", "normal,build", "--prefix", "none", "--no-dedupe", "--format", "{p}"];
        let ended = self.cargo(Kind::Plain, &words)?;
        if !ended.is_success() {
            return Err(Stop::Machine(format!("`cargo tree` fails:\n{}", ended.outcome.stderr)));
        }
        Ok(macros_of(&ended.outcome.stdout))
    }
}

fn member(entry: &Entry) -> String {
    format!("load-{}", entry.name)
}

/// The macros in what `cargo tree` writes, sorted.
fn macros_of(tree: &str) -> Vec<String> {
    let lines = tree.lines().filter_map(|line| line.split_once(" (proc-macro)"));
    let mut names: Vec<String> = lines.map(|(name, _)| name.replacen(" v", " ", 1)).collect();
    names.sort();
    names.dedup();
    names
}

fn manifest(entry: &Entry) -> String {
    let dependency = dependency(&entry.package, &entry.version, &entry.features, entry.default_features);
    format!(
        "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
        [dependencies]\nmacros = {dependency}\n",
        member(entry)
    )
}

fn dependency(package: &str, version: &str, features: &[String], default_features: bool) -> String {
    format!(
        "{{ package = {package:?}, version = \"={version}\", features = {features:?}, default-features = {default_features} }}"
    )
}

/// The text of `wasm-proc-macro.toml`.
pub fn grants(permissions: toml::Table) -> String {
    if permissions.is_empty() {
        return String::new();
    }
    toml::Table::from_iter([("permissions".to_owned(), permissions.into())]).to_string()
}

/// Which of `items` succeed, when many can be tried at once. Each that does not was tried alone.
fn in_halves<T: Copy, E>(items: &[T], mut attempt: impl FnMut(&[T]) -> Result<bool, E>) -> Result<Vec<(T, bool)>, E> {
    let mut found = Vec::new();
    let mut todo = vec![items];
    while let Some(some) = todo.pop() {
        if some.is_empty() {
            continue;
        }
        let is_success = attempt(some)?;
        if is_success || some.len() == 1 {
            found.extend(some.iter().map(|item| (*item, is_success)));
        } else {
            let (first, second) = some.split_at(some.len() / 2);
            todo.extend([second, first]);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_fails_is_found_and_takes_no_other_along() {
        let mut calls = Vec::new();
        let found = in_halves(&[1, 2, 3, 4, 5], |some| {
            calls.push(some.to_vec());
            Ok::<_, ()>(!some.contains(&3))
        });
        assert_eq!(found, Ok(vec![(1, true), (2, true), (3, false), (4, true), (5, true)]));
        assert_eq!(calls, [vec![1, 2, 3, 4, 5], vec![1, 2], vec![3, 4, 5], vec![3], vec![4, 5]]);
        assert_eq!(in_halves(&[1, 2], |some| if some.len() == 1 { Err("stop") } else { Ok(false) }), Err("stop"));
    }

    #[test]
    fn the_macros_of_a_graph_are_those_that_cargo_marks() {
        let tree = "load-a v0.0.0 (/x/a)\nserde v1.0.2\nserde_derive v1.0.2 (proc-macro)\nsyn v3.0.0\n\
            serde_derive v1.0.2 (proc-macro) (*)\nvalue v1.2.0 (proc-macro)\n";
        assert_eq!(macros_of(tree), ["serde_derive 1.0.2", "value 1.2.0"]);
    }

    #[test]
    fn a_project_depends_on_exactly_the_listed_version() {
        let list =
            crate::list::parse("[derive]\na-1 = { package = 'a', version = '1.2.3', features = ['x'] }").unwrap();
        let manifest: toml::Table = manifest(&list[0]).parse().unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some("load-a-1"));
        let dependency = &manifest["dependencies"]["macros"];
        assert_eq!(dependency["version"].as_str(), Some("=1.2.3"));
        assert_eq!((dependency["package"].as_str(), dependency["features"][0].as_str()), (Some("a"), Some("x")));
    }

    #[test]
    fn permissions_are_written_as_users_write_them() {
        let list =
            crate::list::parse("[query]\na = { version = '1', permissions.a-macros.env = ['URL'], needs = 'it' }");
        let text = grants(list.unwrap()[0].permissions.clone());
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["permissions"]["a-macros"]["env"][0].as_str(), Some("URL"));
    }
}
