//! `results.toml`: what came of each crate.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What is said of a crate or its tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// From Wasm as natively.
    Equal,
    Different,
    /// There is nothing to compare; the reason says why.
    NotRun,
}

/// How the macros of a crate were built and loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Load {
    pub verdict: Verdict,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The packages with macros in its graph, as `NAME VERSION`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub macros: Vec<String>,
    /// Identifies the toolchain.
    pub toolchain: String,
}

/// What came of a crate's own tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tests {
    pub verdict: Verdict,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Natively.
    #[serde(default)]
    pub passed: usize,
    /// Natively.
    #[serde(default)]
    pub failed: usize,
    /// How many of the compiler's messages were compared.
    #[serde(default)]
    pub diagnostics: usize,
    /// How many programs that are not to compile are among them.
    #[serde(default)]
    pub programs: usize,
    /// Targets that were left out on both sides, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The package with the tests, as `NAME VERSION`, if it is not the crate itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub package: String,
    /// Identifies the toolchain.
    pub toolchain: String,
}

impl Tests {
    /// That they were not run, and why.
    pub fn not_run(reason: impl Into<String>, toolchain: &str) -> Tests {
        Tests {
            verdict: Verdict::NotRun,
            reason: reason.into(),
            passed: 0,
            failed: 0,
            diagnostics: 0,
            programs: 0,
            left_out: Vec::new(),
            package: String::new(),
            toolchain: toolchain.to_owned(),
        }
    }
}

/// All that is known of a crate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub version: String,
    pub load: Option<Load>,
    pub tests: Option<Tests>,
}

const HEADER: &str = "# Written by `./x.py census`, which runs what has no result here.\n\n";

/// The file.
#[derive(Debug)]
pub struct Results {
    path: PathBuf,
    records: BTreeMap<String, Record>,
}

impl Results {
    /// Reads the file; a missing one is empty.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not as it should be.
    pub fn open(path: &Path) -> Result<Results, String> {
        let records = match fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text).map_err(|error| format!("`{}`: {error}", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(format!("cannot read `{}`: {error}", path.display())),
        };
        Ok(Results { path: path.to_owned(), records })
    }

    /// What is known of a crate of that version.
    pub fn of(&self, name: &str, version: &str) -> Option<&Record> {
        self.records.get(name).filter(|record| record.version == version)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// Takes over what came of a crate. What was known of another version is gone.
    pub fn set(&mut self, name: &str, version: &str, change: impl FnOnce(&mut Record)) {
        let record = self.records.entry(name.to_owned()).or_default();
        if record.version != version {
            *record = Record { version: version.to_owned(), ..Record::default() };
        }
        change(record);
    }

    /// Forgets crates that are not listed any more.
    pub fn keep(&mut self, is_listed: impl Fn(&str) -> bool) {
        self.records.retain(|name, _| is_listed(name));
    }

    /// Writes the file, all of it or nothing.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn save(&self) -> Result<(), String> {
        let text = toml::to_string(&self.records).map_err(|error| error.to_string())?;
        replace(&self.path, &format!("{HEADER}{text}"))
    }
}

/// Writes a file at once: whoever reads it finds the old text or the new one.
///
/// # Errors
///
/// If it cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), String> {
    let write = || {
        let dir = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(dir)?;
        file.write_all(text.as_bytes())?;
        file.persist(path).map_err(|error| error.error)
    };
    write().map(drop).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(verdict: Verdict) -> Load {
        Load { verdict, reason: String::new(), macros: vec!["a_derive 1.0.0".to_owned()], toolchain: "t".to_owned() }
    }

    #[test]
    fn what_is_saved_is_read_again() {
        // The census goes on where it stopped.
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.toml");
        let mut results = Results::open(&path).unwrap();
        results.set("a", "1.0.0", |record| record.load = Some(load(Verdict::Equal)));
        results.set("a", "1.0.0", |record| record.tests = Some(Tests::not_run("a \"reason\"\nof two lines", "t")));
        results.save().unwrap();
        let again = Results::open(&path).unwrap();
        assert_eq!(again.records, results.records);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(again.of("a", "1.0.1").is_none());
    }

    #[test]
    fn another_version_has_no_results_of_the_last_one() {
        let mut results = Results { path: PathBuf::new(), records: BTreeMap::new() };
        results.set("a", "1.0.0", |record| record.tests = Some(Tests::not_run("x", "t")));
        results.set("a", "1.1.0", |record| record.load = Some(load(Verdict::Different)));
        let record = results.of("a", "1.1.0").unwrap();
        assert_eq!((&record.load, &record.tests), (&Some(load(Verdict::Different)), &None));
    }
}
