//! Calls of cargo with the fork as its compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tests::toolchain::clean_environment;
use tests::{Outcome, RustcExt, Toolchain};

/// Cargo in the directory of a package or workspace.
#[derive(Debug)]
pub struct Cargo {
    dir: PathBuf,
    target_dir: PathBuf,
}

/// What cargo says of something that it has built.
#[derive(Debug, Deserialize)]
pub struct Artifact {
    package_id: String,
    target: Target,
    pub features: Vec<String>,
    filenames: Vec<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Artifact {
    /// The name by which other crates use it.
    pub fn crate_name(&self) -> String {
        self.target.name.replace('-', "_")
    }

    /// `NAME@VERSION`, of a package from anywhere.
    pub fn name_and_version(&self) -> String {
        // After `#` there is only the version if the path before it ends in the name.
        let (path, end) = self.package_id.rsplit_once('#').unwrap_or(("", &self.package_id));
        if end.contains('@') {
            end.to_owned()
        } else {
            format!("{}@{end}", path.rsplit('/').next().unwrap_or_default())
        }
    }

    /// Whether it is a macro crate for the host.
    pub fn is_macro_crate(&self) -> bool {
        self.is("proc-macro")
    }

    /// Whether it is a build script.
    pub fn is_build_script(&self) -> bool {
        self.is("custom-build")
    }

    fn is(&self, kind: &str) -> bool {
        self.target.kind.iter().any(|word| word == kind)
    }

    /// The file that other crates are linked with.
    pub fn library(&self) -> Option<&Path> {
        let is_library = |file: &&PathBuf| {
            let extension = file.extension().unwrap_or_default();
            extension == "rlib" || extension == "wasm" || *extension == *std::env::consts::DLL_EXTENSION
        };
        self.filenames.iter().find(is_library).map(|file| &**file)
    }
}

impl Cargo {
    /// Cargo in `dir`, which builds to `target_dir`.
    pub fn new(dir: &Path, target_dir: &Path) -> Cargo {
        Cargo { dir: dir.to_owned(), target_dir: target_dir.to_owned() }
    }

    /// What is in the lock file, fetched.
    pub fn metadata<T: DeserializeOwned>(&self) -> Result<T, String> {
        let outcome = self.outcome(&["metadata", "--locked", "--format-version", "1"], &[])?;
        if outcome.code != Some(0) {
            return Err(outcome.to_string());
        }
        serde_json::from_str(&outcome.stdout).map_err(|error| format!("cargo's metadata are not understood: {error}"))
    }

    /// Builds and says what was built or was already there.
    pub fn build(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Vec<Artifact>, String> {
        let (artifacts, failure) = self.build_what_can_be_built(arguments, environment)?;
        if failure.is_empty() { Ok(artifacts) } else { Err(failure) }
    }

    /// Builds all that can be built; with it comes what cargo says of the rest, if there is any.
    pub fn build_what_can_be_built(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<(Vec<Artifact>, String), String> {
        let mut words = vec!["build", "--keep-going", "--message-format", "json-render-diagnostics"];
        words.extend(arguments);
        let outcome = self.outcome(&words, environment)?;
        let mut artifacts = Vec::new();
        for line in outcome.stdout.lines() {
            let message: serde_json::Value =
                serde_json::from_str(line).map_err(|error| format!("`{line}`: {error}"))?;
            if message["reason"] == "compiler-artifact" {
                artifacts.push(serde_json::from_value(message).map_err(|error| format!("`{line}`: {error}"))?);
            }
        }
        let failure =
            if outcome.code == Some(0) { String::new() } else { format!("{}\n{}", outcome.command, outcome.stderr) };
        Ok((artifacts, failure))
    }

    fn outcome(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Outcome, String> {
        fs::create_dir_all(&self.target_dir).map_err(|error| format!("`{}`: {error}", self.target_dir.display()))?;
        let mut cargo = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"));
        for (name, _) in clean_environment() {
            cargo.env_remove(name);
        }
        cargo
            .current_dir(&self.dir)
            .env("RUSTC", Toolchain::get().rustc_path())
            .env("CARGO_TARGET_DIR", &self.target_dir);
        Ok(cargo.envs(environment.iter().copied()).args(arguments).outcome())
    }
}
