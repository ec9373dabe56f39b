//! Macro crates, built by cargo for wasm32-wasip1.
//!
//! Cargo gets a workspace of them in which each is an ordinary crate, and a compiler that makes macro crates of these. So
//! it is cargo that resolves what they are linked with for the target, runs build scripts and sets the environment.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use tests::{RustcExt, Toolchain};

use super::cargo::{Artifact, Cargo};
use super::package::MacroCrate;

const TARGET: &str = "wasm32-wasip1";

/// What the workspace says of all its packages. Macros that expand slowly cost less than a slow build of syn.
const WORKSPACE: &str = "[workspace]\nmembers = [\"macros/*\"]\nresolver = \"2\"\n\n\
    [profile.release]\nopt-level = 0\ndebug = false\nstrip = \"debuginfo\"\n";

/// What has been built.
#[derive(Debug)]
pub struct Guest {
    /// The macro crates by crate name, or why there is none.
    pub modules: BTreeMap<String, Result<PathBuf, String>>,
    /// What else was needed, too.
    pub artifacts: Vec<Artifact>,
}

/// Builds the macro crates with what is in the lock file. The files go to `work`.
///
/// # Errors
///
/// Says what cannot be built and why.
pub fn build(macro_crates: &[MacroCrate<'_>], lock: &Path, work: &Path) -> Result<Guest, String> {
    let workspace = work.join("workspace");
    let in_words = |error: std::io::Error| format!("cannot write `{}`: {error}", workspace.display());
    _ = fs::remove_dir_all(&workspace);
    for krate in macro_crates {
        let dir = workspace.join("macros").join(&krate.package.name);
        copy(krate.package.dir(), &dir).map_err(in_words)?;
        fs::write(dir.join("original"), krate.package.dir().to_str().expect("paths are UTF-8")).map_err(in_words)?;
        fs::write(dir.join("Cargo.toml"), krate.manifest()?).map_err(in_words)?;
    }
    fs::write(workspace.join("Cargo.toml"), WORKSPACE).map_err(in_words)?;
    fs::copy(lock, workspace.join("Cargo.lock")).map_err(in_words)?;

    let wrapper = compile_wrapper(work)?;
    let features: Vec<String> = macro_crates.iter().flat_map(MacroCrate::features).collect();
    let features = features.join(",");
    let arguments =
        ["--release", "--offline", "--workspace", "--lib", "--target", TARGET, "--no-default-features", "--features", &features];
    let cargo = Cargo::new(&workspace, &work.join("guest"));
    let (artifacts, failure) = cargo.build_what_can_be_built(&arguments, &[("RUSTC_WORKSPACE_WRAPPER", &wrapper)])?;
    nothing_is_newer(lock, &workspace.join("Cargo.lock"))?;

    let mut built = Vec::new();
    for krate in macro_crates {
        let name = krate.crate_name();
        let is_it = |artifact: &&Artifact| artifact.crate_name() == name && !artifact.is_build_script();
        let file = artifacts.iter().filter(is_it).find_map(Artifact::library);
        let file = file.ok_or_else(|| format!("cargo has not built `{name}` for {TARGET}:\n{failure}"));
        built.push((
            name,
            file.and_then(|file| fs::read(file).map_err(|error| format!("cannot read `{}`: {error}", file.display()))),
        ));
    }
    // A directory for each content: cargo does not look into what rustflags name.
    let mut hasher = DefaultHasher::new();
    built.hash(&mut hasher);
    let dir = work.join(format!("modules-{:016x}", hasher.finish()));
    forget_other_modules(work, &dir);
    fs::create_dir_all(&dir).map_err(in_words)?;
    let mut modules = BTreeMap::new();
    for (name, module) in built {
        let file = dir.join(format!("{name}.wasm"));
        let written = module.and_then(|module| fs::write(&file, module).map_err(in_words));
        modules.insert(name, written.map(|()| file));
    }
    Ok(Guest { modules, artifacts })
}

/// Keeps the directory from growing.
fn forget_other_modules(work: &Path, current: &Path) {
    for entry in fs::read_dir(work).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("modules-") && entry.path() != current {
            _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), std::io::Error> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &place)?;
            continue;
        }
        fs::copy(&path, &place)?;
        // Else cargo would build it anew.
        fs::File::options().write(true).open(&place)?.set_modified(fs::metadata(&path)?.modified()?)?;
    }
    Ok(())
}

/// Compiles `macro_crate.rs` and returns the program's path.
fn compile_wrapper(work: &Path) -> Result<String, String> {
    let program = work.join(format!("macro_crate{}", std::env::consts::EXE_SUFFIX));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/build/macro_crate.rs");
    let outcome = Toolchain::get().rustc().arg(source).args(["--edition", "2024", "-o"]).arg(&program).outcome();
    if outcome.code == Some(0) { Ok(program.display().to_string()) } else { Err(outcome.to_string()) }
}

/// The workspace has other members than the package of the lock file, so cargo has to write the lock file anew. It keeps the
/// versions if it can, and here it must.
fn nothing_is_newer(lock: &Path, written: &Path) -> Result<(), String> {
    let [pinned, used] = [lock, written].map(|path| {
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        let mut packages = BTreeSet::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("name = ") {
                packages.insert(format!("{line}, {}", lines.next().unwrap_or_default()));
            }
        }
        Ok::<_, String>(packages)
    });
    let (pinned, used) = (pinned?, used?);
    let other: Vec<_> = used.difference(&pinned).collect();
    if other.is_empty() { Ok(()) } else { Err(format!("cargo takes other versions than those of the lock file: {other:?}")) }
}
