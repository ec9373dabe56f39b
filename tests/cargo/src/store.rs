//! What is in a module store.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stubgen::module::{Digest, ModuleInfo};

/// A module of a store.
#[derive(Clone, Debug)]
pub struct Stored {
    /// As `NAME VERSION`.
    pub package: String,
    /// Whether it is from a package whose source may change.
    pub is_own: bool,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// The modules of the store in `dir`, by key. Each must be whole.
///
/// # Panics
///
/// If one is not.
#[track_caller]
pub fn modules(dir: &Path) -> BTreeMap<String, Stored> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir.join("modules")).into_iter().flatten().flatten() {
        let (dir, key) = (entry.path(), entry.file_name().into_string().expect("keys are hexadecimal"));
        let path = dir.join("module.wasm");
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("`{}` is not whole: {error}", dir.display()));
        let meta =
            fs::read(dir.join("meta.json")).unwrap_or_else(|error| panic!("`{}` is not whole: {error}", dir.display()));
        let meta: Value = serde_json::from_slice(&meta).unwrap_or_else(|error| panic!("`{}`: {error}", dir.display()));
        assert_eq!(meta["sha256"], Digest::of(&bytes).to_string(), "`{}` is damaged", dir.display());
        ModuleInfo::parse(&bytes).unwrap_or_else(|error| panic!("`{}` is no module: {error}", path.display()));
        let text = |name: &str| meta[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {meta}")).to_owned();
        let (package, is_own) = (format!("{} {}", text("name"), text("version")), text("package").starts_with("path+"));
        found.insert(key, Stored { package, is_own, path, bytes });
    }
    found
}

/// The packages of all modules of the store that are everybody's, sorted.
#[track_caller]
pub fn packages(dir: &Path) -> Vec<String> {
    names(dir, false)
}

/// The packages of all modules of the store that are a project's own, sorted.
#[track_caller]
pub fn own_packages(dir: &Path) -> Vec<String> {
    names(dir, true)
}

#[track_caller]
fn names(dir: &Path, is_own: bool) -> Vec<String> {
    let stored = modules(dir).into_values().filter(|stored| stored.is_own == is_own);
    let mut names: Vec<String> = stored.map(|stored| stored.package).collect();
    names.sort();
    names
}

/// What runs have left in the store that is there only while they last.
pub fn leftovers(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir.join("tmp")).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
