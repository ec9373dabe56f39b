//! The packages of the lock file, built by the fork's rustc: the macro crates natively and to Wasm, and the libraries twice, each
//! time with the macros in one of these forms.
//!
//! A library that offers macros of another crate is bound to the build of that crate that it was compiled with. So cargo builds
//! all libraries with native macros as it always does, then the macro crates for wasm32-wasip1, then the libraries again with
//! `--wasm-proc-macro` for each. What was built is kept until the lock file or the compiler changes.

mod cargo;
mod guest;
mod package;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use tests::{Form, RustcExt, Toolchain};

use cargo::{Artifact, Cargo};
use package::Metadata;

/// To be raised when what is built changes without a change of the lock file.
const VERSION: u32 = 1;

/// What has been built.
#[derive(Debug, Serialize, Deserialize)]
pub struct Builds {
    /// By crate name.
    macros: BTreeMap<String, MacroCrate>,
    native: Libraries,
    wasm: Libraries,
}

/// A macro crate in both builds.
#[derive(Debug, Serialize, Deserialize)]
pub struct MacroCrate {
    pub native: PathBuf,
    /// Or why there is none.
    pub wasm: Result<PathBuf, String>,
}

/// Libraries that are compiled with macros in one form.
#[derive(Debug, Serialize, Deserialize)]
struct Libraries {
    /// By crate name.
    files: BTreeMap<String, PathBuf>,
    /// Where those are that they use.
    dir: PathBuf,
}

impl Builds {
    /// What this toolchain makes of the packages.
    ///
    /// # Errors
    ///
    /// Says what cannot be built and why.
    pub fn get() -> Result<&'static Builds, String> {
        static BUILDS: LazyLock<Result<Builds, String>> = LazyLock::new(Builds::read_or_make);
        BUILDS.as_ref().map_err(String::clone)
    }

    /// The macro crate of that name.
    pub fn macros(&self, name: &str) -> Result<&MacroCrate, String> {
        self.macros.get(name).ok_or_else(|| format!("there is no macro crate `{name}`, only {:?}", self.macros.keys()))
    }

    /// The names of all macro crates.
    pub fn macro_names(&self) -> impl Iterator<Item = &str> {
        self.macros.keys().map(|name| &**name)
    }

    /// The library of that name, compiled with macros in that form.
    pub fn library(&self, name: &str, form: Form) -> Result<&Path, String> {
        let file = self.libraries(form).files.get(name);
        file.map(|file| &**file).ok_or_else(|| format!("there is no library `{name}`"))
    }

    /// The directory of what the libraries use.
    pub fn search(&self, form: Form) -> &Path {
        &self.libraries(form).dir
    }

    fn libraries(&self, form: Form) -> &Libraries {
        if form == Form::Native { &self.native } else { &self.wasm }
    }

    fn read_or_make() -> Result<Builds, String> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
        let mut hasher = DefaultHasher::new();
        VERSION.hash(&mut hasher);
        for file in ["Cargo.toml", "Cargo.lock"] {
            let path = package.join(file);
            fs::read(&path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?.hash(&mut hasher);
        }
        let work = Toolchain::get().work().join("crates");
        let list = work.join(format!("{:016x}.json", hasher.finish()));
        if let Some(builds) = fs::read_to_string(&list).ok().and_then(|text| serde_json::from_str(&text).ok()) {
            return Ok(builds);
        }
        let builds = Builds::make(&package, &work)?;
        if builds.macros.values().any(|krate| krate.wasm.is_err()) {
            return Ok(builds);
        }
        let text = serde_json::to_string_pretty(&builds).map_err(|error| error.to_string())?;
        let aside = list.with_extension(format!("{}.partial", std::process::id()));
        fs::write(&aside, text)
            .and_then(|()| fs::rename(&aside, &list))
            .map_err(|error| format!("cannot write `{}`: {error}", list.display()))?;
        Ok(builds)
    }

    fn make(package: &Path, work: &Path) -> Result<Builds, String> {
        let cargo = Cargo::new(package, &work.join("target"));
        let metadata: Metadata = cargo.metadata()?;
        let macro_crates = metadata.macro_crates();
        let host = host()?;
        // With a target of its own for the libraries, what is in rustflags is not for macro crates and build scripts.
        let arguments = ["--locked", "--target", &host];
        let native = cargo.build(&arguments, &[])?;
        let guest = guest::build(&macro_crates, &package.join("Cargo.lock"), work)?;
        same_features(&native, &guest.artifacts)?;

        let cache = format!("--wasm-proc-macro-cache={}", Toolchain::get().work().join("cache").display());
        let mut flags = vec![cache];
        for (name, module) in &guest.modules {
            // Without its module a macro crate is native here, too, and the tests of its users fail.
            flags.extend(module.iter().map(|module| format!("--wasm-proc-macro={name}={}", module.display())));
        }
        let wasm = cargo.build(&arguments, &[("CARGO_ENCODED_RUSTFLAGS", &flags.join("\x1f"))])?;

        let mut macros = BTreeMap::new();
        for (name, wasm) in guest.modules {
            let is_it = |artifact: &&Artifact| artifact.is_macro_crate() && artifact.crate_name() == name;
            let native = native.iter().find(is_it).and_then(Artifact::library);
            let native = native.ok_or_else(|| format!("cargo has not built `{name}`"))?.to_owned();
            macros.insert(name, MacroCrate { native, wasm });
        }
        Ok(Builds { macros, native: Libraries::new(&native, &host)?, wasm: Libraries::new(&wasm, &host)? })
    }
}

impl Libraries {
    fn new(artifacts: &[Artifact], host: &str) -> Result<Libraries, String> {
        let of_target = |path: &&Path| path.components().any(|part| part.as_os_str() == host);
        let mut files = BTreeMap::new();
        for artifact in artifacts.iter().filter(|artifact| !artifact.is_macro_crate() && !artifact.is_build_script()) {
            if let Some(file) = artifact.library().filter(of_target) {
                files.insert(artifact.crate_name(), file.to_owned());
            }
        }
        let any = files.get("serde").and_then(|file| file.parent()).ok_or("cargo has not built `serde`")?;
        // What is asked for by name stands one directory above.
        let dir = if any.ends_with("deps") { any.to_owned() } else { any.join("deps") };
        Ok(Libraries { files, dir })
    }
}

/// The host's triple.
fn host() -> Result<String, String> {
    let outcome = Toolchain::get().rustc().arg("-vV").outcome();
    let host = outcome.stdout.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| format!("the compiler does not name its host:\n{outcome}"))
}

/// A macro crate that is linked with a syn of other features may be another macro crate.
fn same_features(native: &[Artifact], guest: &[Artifact]) -> Result<(), String> {
    let of_packages = |artifacts: &[Artifact]| {
        let mut features: BTreeMap<String, BTreeSet<Vec<String>>> = BTreeMap::new();
        for artifact in artifacts.iter().filter(|artifact| !artifact.is_build_script()) {
            features.entry(artifact.name_and_version()).or_default().insert(artifact.features.clone());
        }
        features
    };
    let (native, guest) = (of_packages(native), of_packages(guest));
    let differs = |(name, features): &(&String, &BTreeSet<Vec<String>>)| {
        !native.get(*name).is_some_and(|all| all.is_superset(features))
    };
    let other: Vec<_> = guest.iter().filter(differs).collect();
    if other.is_empty() {
        Ok(())
    } else {
        Err(format!("other features than natively are on for Wasm: {other:#?}\nnatively: {native:#?}"))
    }
}
