//! Modules of macros whose source may change, kept by the contents of all files that they were compiled from.
//!
//! What those files are, only the compiler knows, and it says so in the dep-info of each crate. So the store has two steps here: the
//! files of the last build, by the macro's key, and modules, by that key and what is in the files. Whatever cannot be
//! known for certain is left to Cargo: a build script of such a package, an environment variable, a file that was written to
//! while the compiler ran. A macro of that kind with which another is built counts by its module.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use stubgen::module::Digest;

use crate::decision::{Decision, Module};
use crate::key::Key;
use crate::plan::Unit;
use crate::resolve::Resolver;
use crate::store::{CACHE_TAG, Meta, Stored};

/// Below the target directory: where Cargo finds these modules. The path of one stays, so that an edit makes no other unit of it.
const PLACE: &str = "wasm-proc-macro/own";

/// By how much a file's time may be behind the clock.
const CLOCK_TICK: Duration = Duration::from_millis(100);

/// What of Cargo's variables goes without saying: the manifest and the package's place decide it, and both are looked at.
const KNOWN_VARIABLES: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_CRATE_NAME"];

/// A crate that Cargo has compiled, or found unchanged.
pub(crate) struct Compiled {
    pub(crate) package: String,
    pub(crate) features: Vec<String>,
    pub(crate) fresh: bool,
    pub(crate) dep_info: PathBuf,
}

impl Resolver<'_> {
    /// The module that was built from the source as it is now.
    pub(crate) fn kept(&self, index: usize) -> Option<Stored> {
        let files = self.store.sources(&self.macros.list[index].key)?.files;
        self.store.lookup(&self.content_key(index, &self.inputs(index, &files)?)?)
    }

    /// Keeps a module that was built by a call of Cargo that began at `start`.
    pub(crate) fn keep(
        &self,
        index: usize,
        bytes: &[u8],
        digest: &str,
        compiled: &[Compiled],
        start: SystemTime,
    ) -> Option<Stored> {
        let it = &self.macros.list[index];
        let mut files = BTreeSet::new();
        for unit in self.changeable_crates(index)? {
            let found = compiled.iter().find(|found| unit.is(&found.package, &found.features))?;
            files.extend(self.files_of(unit, found)?);
        }
        let files: Vec<PathBuf> = files.into_iter().collect();
        let inputs = self.inputs(index, &files)?;
        let key = self.content_key(index, &inputs)?;
        // Only now, so that nothing was written between the compiler's look at a file, or Cargo's, and this one.
        if !inputs.iter().all(|file| is_older(file, start)) {
            return None;
        }
        let lock = self.store.lock(&key, || ()).ok()?;
        let stored = match self.store.lookup(&key) {
            Some(stored) if stored.meta.sha256 == digest => stored,
            _ => self.store.put(&key, bytes, Meta::of(it)).ok()?,
        };
        drop(lock);
        self.store.write_sources(&it.key, files, &key).ok()?;
        Some(stored)
    }

    /// Puts a module where Cargo has found its predecessors. One that is there already is not written again: Cargo goes by its time.
    ///
    /// If there is no such place, as on a full disk, the module stays where it is.
    pub(crate) fn placed(&self, index: usize, module: Module) -> Module {
        let target_dir = &self.macros.plan.target_dir;
        let path = target_dir.join(PLACE).join(format!("{}.wasm", self.macros.list[index].key));
        let is_there = fs::read(&path).is_ok_and(|bytes| Digest::of(&bytes).to_string() == module.digest);
        if is_there || put_in_place(&module.path, target_dir, &path).is_ok() {
            Module { path, ..module }
        } else {
            module
        }
    }

    /// The crates that may change, of those that a macro is built from. Nothing if a build script has a part in it.
    fn changeable_crates(&self, index: usize) -> Option<Vec<&Unit>> {
        let units = self.macros.units_of(index).into_iter().map(|unit| &self.macros.plan.units[unit]);
        let is_crate = |unit: &Unit| unit.mode == "build" && unit.kind != "custom-build";
        units.filter(|unit| unit.is_changeable()).map(|unit| is_crate(unit).then_some(unit)).collect()
    }

    /// The digests of the modules with which a macro is built and whose source may change. Nothing if one of them runs natively,
    /// for then it may read what no dep-info names.
    fn changeable_modules(&self, index: usize) -> Option<Vec<String>> {
        let mut digests = Vec::new();
        for below in self.macros.below(index) {
            let decision = match self.decisions.get(&below) {
                Some(decision) => decision,
                None => &self.decide(below).ok()?,
            };
            match decision {
                Decision::Native(_) => return None,
                _ if self.macros.list[below].changeable.is_none() => {}
                Decision::Wasm(module) => digests.push(module.digest.clone()),
                Decision::Build => return None,
            }
        }
        Some(digests)
    }

    /// The files that a crate was compiled from. Nothing if it may have been another version of them, or not of them alone.
    fn files_of(&self, unit: &Unit, compiled: &Compiled) -> Option<Vec<PathBuf>> {
        let text = fs::read_to_string(&compiled.dep_info).ok()?;
        if variables(&text).any(|name| !KNOWN_VARIABLES.iter().any(|known| name.starts_with(known))) {
            return None;
        }
        let root = &self.macros.plan.workspace_root;
        let src = unit.src.as_deref()?;
        // Where Cargo has the compiler run.
        let directory = if unit.source == "path" && src.starts_with(root) { root } else { unit.manifest.parent()? };
        let files: Vec<PathBuf> = files(&text).map(|file| directory.join(file)).collect();
        // Cargo found it fresh by the times when files were modified, which can be set to anything.
        let written = fs::metadata(&compiled.dep_info).ok()?.modified().ok()?;
        let is_unchanged = !compiled.fresh || files.iter().all(|file| is_older(file, written));
        (files.contains(&directory.join(src)) && is_unchanged).then_some(files)
    }

    /// All files that decide what becomes of the crates that may change: `files`, and their manifests, those above and the
    /// workspace's, from which settings are inherited.
    fn inputs(&self, index: usize, files: &[PathBuf]) -> Option<Vec<PathBuf>> {
        let crates = self.changeable_crates(index)?.into_iter();
        let directories = crates.flat_map(|unit| unit.manifest.parent().into_iter().flat_map(Path::ancestors));
        // A package may name a workspace that lies elsewhere.
        let directories = directories.chain([self.macros.plan.workspace_root.as_path()]);
        let manifests: BTreeSet<PathBuf> =
            directories.map(|dir| dir.join("Cargo.toml")).filter(|manifest| manifest.exists()).collect();
        Some(files.iter().cloned().chain(manifests).collect())
    }

    /// The key of the module that would be built from what is in these files now.
    fn content_key(&self, index: usize, inputs: &[PathBuf]) -> Option<Key> {
        let content = |file: &PathBuf| Some((file.to_str()?.to_owned(), Digest::of(&fs::read(file).ok()?).to_string()));
        let contents: Vec<(String, String)> = inputs.iter().map(content).collect::<Option<_>>()?;
        Some(self.macros.list[index].key.with(&(self.changeable_modules(index)?, contents)))
    }
}

fn put_in_place(module: &Path, target_dir: &Path, path: &Path) -> io::Result<()> {
    if !target_dir.exists() {
        // Cargo marks only one that it makes itself.
        fs::create_dir_all(target_dir)?;
        fs::write(target_dir.join("CACHEDIR.TAG"), CACHE_TAG)?;
    }
    fs::create_dir_all(target_dir.join(PLACE))?;
    stubgen::write_atomically(path, &fs::read(module)?)
}

/// The dep-info that rustc writes beside a library, by the library's path.
pub(crate) fn dep_info(library: &Path) -> Option<PathBuf> {
    let stem = library.file_stem()?.to_str()?;
    let name = match library.extension()?.to_str()? {
        "wasm" => stem,
        "rlib" | "rmeta" => stem.strip_prefix("lib")?,
        _ => return None,
    };
    Some(library.with_file_name(format!("{name}.d")))
}

/// The files in a dep-info: each has a rule of its own, without anything that it depends on.
fn files(dep_info: &str) -> impl Iterator<Item = PathBuf> {
    let rules = dep_info.lines().filter(|line| !line.starts_with('#'));
    rules.filter_map(|line| line.strip_suffix(':')).map(|file| PathBuf::from(file.replace("\\ ", " ")))
}

/// The names of the environment variables in a dep-info.
fn variables(dep_info: &str) -> impl Iterator<Item = &str> {
    let lines = dep_info.lines().filter_map(|line| line.strip_prefix("# env-dep:"));
    lines.map(|line| line.split_once('=').map_or(line, |(name, _)| name))
}

/// Whether nobody has touched a file since a time, by the file's times of both kinds.
fn is_older(file: &Path, time: SystemTime) -> bool {
    let touched = fs::metadata(file).and_then(|metadata| Ok(metadata.modified()?.max(changed(&metadata)?)));
    touched.is_ok_and(|touched| touched + CLOCK_TICK < time)
}

/// When a file's content or attributes were changed, which nobody can set.
#[cfg(unix)]
fn changed(metadata: &Metadata) -> io::Result<SystemTime> {
    use std::os::unix::fs::MetadataExt as _;
    let seconds = u64::try_from(metadata.ctime()).map_err(io::Error::other)?;
    let nanoseconds = u64::try_from(metadata.ctime_nsec()).map_err(io::Error::other)?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds))
}

#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> io::Result<SystemTime> {
    metadata.modified()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As rustc writes it.
    const TEXT: &str = "/t/deps/m-0.d: src/lib.rs src/a\\ b.txt\n\n/t/deps/m-0.wasm: src/lib.rs src/a\\ b.txt\n\n\
        src/lib.rs:\nsrc/a\\ b.txt:\n\n# env-dep:CARGO_PKG_VERSION=1.0.0\n# env-dep:UNSET\n";

    #[test]
    fn a_dep_info_names_files_and_variables() {
        assert_eq!(files(TEXT).collect::<Vec<_>>(), [Path::new("src/lib.rs"), Path::new("src/a b.txt")]);
        assert_eq!(variables(TEXT).collect::<Vec<_>>(), ["CARGO_PKG_VERSION", "UNSET"]);
    }

    #[test]
    fn dep_infos_lie_beside_libraries() {
        let of = |path: &str| dep_info(Path::new(path));
        assert_eq!(of("/d/m-0.wasm"), Some(PathBuf::from("/d/m-0.d")));
        assert_eq!(of("/d/libm-0.rlib"), Some(PathBuf::from("/d/m-0.d")));
        assert_eq!(of("/d/m-0.d"), None);
    }

    #[test]
    fn a_time_that_was_set_back_makes_no_file_older() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        file.as_file().set_modified(long_ago).unwrap();
        let now = SystemTime::now();
        assert!(!is_older(file.path(), now - Duration::from_secs(1)));
        assert!(is_older(file.path(), now + Duration::from_secs(1)));
    }
}
