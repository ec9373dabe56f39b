//! The programs of `projects.toml`: downloaded by Cargo, checked, unpacked as published.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use stubgen::module::Digest;
use tests::{RustcExt as _, Toolchain};

use crate::call::{Kind, cargo};
use crate::copy::own;

/// A package of a version, and the SHA-256 of its archive.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    pub name: String,
    pub version: String,
    sha256: String,
    /// Whether it is for measurements alone. Its own tests take too long.
    #[serde(default)]
    pub only_measured: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    project: Vec<Project>,
}

impl Project {
    /// All of `projects.toml`.
    pub fn all() -> Vec<Project> {
        let path = own("projects.toml");
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()));
        let list: List = toml::from_str(&text).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
        list.project
    }

    /// The one of that name.
    pub fn named(name: &str) -> Project {
        let found = Project::all().into_iter().find(|project| project.name == name);
        found.unwrap_or_else(|| panic!("`{name}` is not in `projects.toml`"))
    }

    /// Writes the package, as it was published, to the new directory `to`.
    ///
    /// # Panics
    ///
    /// If it cannot be had, or is another one.
    pub fn unpack(&self, to: &Path) {
        let bytes = self.archive();
        let aside = tests::Lab::new();
        let unpacked = tar::Archive::new(flate2::read::GzDecoder::new(&*bytes)).unpack(aside.path());
        unpacked.unwrap_or_else(|error| panic!("cannot unpack `{}`: {error}", self.file_name()));
        let dir = aside.join(&format!("{}-{}", self.name, self.version));
        assert!(dir.join("Cargo.lock").exists(), "`{}` was published without a lock file", self.name);
        fs::rename(&dir, to).unwrap_or_else(|error| panic!("cannot make `{}`: {error}", to.display()));
    }

    fn file_name(&self) -> String {
        format!("{}-{}.crate", self.name, self.version)
    }

    /// The archive, from where Cargo keeps it.
    fn archive(&self) -> Vec<u8> {
        if let Some(bytes) = self.kept() {
            return bytes;
        }
        // The one command of Cargo's that downloads a package and none of its dependencies.
        let spec = format!("{}@{}", self.name, self.version);
        let mut info = cargo(Kind::Plain);
        info.args(["info", &spec, "--registry", "crates-io"]).current_dir(Toolchain::get().work());
        let outcome = info.outcome();
        self.kept().unwrap_or_else(|| panic!("no `{}` with SHA-256 {}\n{outcome}", self.file_name(), self.sha256))
    }

    fn kept(&self) -> Option<Vec<u8>> {
        let registries = fs::read_dir(home().join("registry/cache")).ok()?;
        let files = registries.flatten().map(|registry| registry.path().join(self.file_name()));
        let contents = files.filter_map(|file| fs::read(file).ok());
        contents.into_iter().find(|bytes| Digest::of(bytes).to_string() == self.sha256)
    }
}

/// Cargo's home.
pub fn home() -> PathBuf {
    let named = env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    named.unwrap_or_else(|| env::home_dir().expect("there is a home directory").join(".cargo"))
}
