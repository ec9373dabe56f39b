//! Modules kept by everything that decides what becomes of them.
//!
//! What that is, only compilers know, and they say so in the dep-info of each crate: files, and environment variables. So the store has two
//! steps: what decided at the last build, by the macro's key, and modules, by that key, the values of these variables and what is in these
//! files. Of packages that never change only files elsewhere count. Whatever cannot be known for certain is left to
//! Cargo: a build script of a package that may change, a variable with another value than here, a directory, a file that was written to while the
//! compiler ran, a native macro that had a part in it. A macro that may change and with which another is built counts by its module, and so does
//! a pinned one.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use stubgen::module::Digest;

use crate::decision::{Decision, Module, Origin};
use crate::dep_info;
use crate::inputs::Inputs;
use crate::key::Key;
use crate::plan::Unit;
use crate::request::Finished;
use crate::resolve::Resolver;
use crate::store::{CACHE_TAG, Meta, Stored};

/// Below the target directory: a file for each macro, with the SHA-256 of its module. Cargo takes the file for what the macro is made of, and goes
/// by its time: so the macro stays the same unit whatever module it has, and what uses it is compiled again if the module is another one.
const STAMPS: &str = "wasm-proc-macro/stamps";

/// By how much a file's time may be behind the clock.
const CLOCK_TICK: Duration = Duration::from_millis(100);

/// What of Cargo's variables goes without saying: the package's id, or its manifest and its place, decide it.
const KNOWN_VARIABLES: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_CRATE_NAME"];

/// What one call of Cargo has told.
#[derive(Default)]
pub(crate) struct Traces {
    pub(crate) crates: Vec<Finished>,
    pub(crate) scripts: Vec<Script>,
}

/// A build script that has run.
pub(crate) struct Script {
    pub(crate) package: String,
    pub(crate) out_dir: PathBuf,
    /// What it sets for its package.
    pub(crate) variables: Vec<String>,
}

impl Resolver<'_> {
    /// The module that would be built now, if it was built before.
    pub(crate) fn kept(&self, index: usize) -> Option<Stored> {
        let inputs = self.store.sources(&self.macros.list[index].key)?;
        let key = self.content_key(index, &inputs)?;
        self.choice.profile.suitable().iter().find_map(|profile| self.store.lookup(&key.with(profile)))
    }

    /// What decides, besides keys, about the modules of this state. Nothing if not all of it is known.
    pub(crate) fn all_inputs(&self) -> Option<Inputs> {
        let mut all = Inputs::default();
        let is_wasm = |decision: &Decision| matches!(decision, Decision::Wasm(_));
        let mut open: Vec<usize> =
            self.decisions.iter().filter(|(_, decision)| is_wasm(decision)).map(|(index, _)| *index).collect();
        let mut seen = BTreeSet::new();
        while let Some(index) = open.pop() {
            if self.is_pinned(index) || !seen.insert(index) {
                continue;
            }
            let inputs = self.store.sources(&self.macros.list[index].key)?;
            all.files.extend(inputs.files.into_iter().chain(self.manifests(index)));
            all.variables.extend(inputs.variables);
            open.extend(self.macros.below(index));
        }
        Some(all)
    }

    /// Keeps a module that was built by a call of Cargo that began at `start`. Nothing if not all is known that decided about it.
    pub(crate) fn keep(
        &self,
        index: usize,
        bytes: &[u8],
        digest: &str,
        traces: &Traces,
        start: SystemTime,
    ) -> io::Result<Option<Stored>> {
        let it = &self.macros.list[index];
        let Some(inputs) = self.traced(index, traces) else { return Ok(None) };
        let Some(key) = self.content_key(index, &inputs) else { return Ok(None) };
        // Only now, so that nothing was written between the compiler's look at a file, or Cargo's, and this one.
        if !inputs.files.iter().chain(&self.manifests(index)).all(|file| is_older(file, start)) {
            return Ok(None);
        }
        let profile = self.choice.profile;
        let key = key.with(&profile);
        let lock = self.store.lock(&key, || ())?;
        let stored = match self.store.lookup(&key) {
            Some(stored) if stored.meta.sha256 == digest => stored,
            _ => self.store.put(&key, bytes, Meta::of(it, profile))?,
        };
        drop(lock);
        self.store.write_sources(&it.key, inputs, &key)?;
        Ok(Some(stored))
    }

    /// Writes the file that tells Cargo which module a macro has, and returns where it is, if it can be written.
    pub(crate) fn write_stamp(&self, index: usize, module: &Module) -> Option<PathBuf> {
        if module.origin == Origin::Pinned {
            return None;
        }
        let (target_dir, stamp) = (&self.macros.plan.target_dir, self.stamp_path(index));
        let is_there = fs::read_to_string(&stamp).is_ok_and(|digest| digest == module.digest);
        (is_there || write_stamp(target_dir, &stamp, &module.digest).is_ok()).then_some(stamp)
    }

    pub(crate) fn stamp_path(&self, index: usize) -> PathBuf {
        self.macros.plan.target_dir.join(STAMPS).join(self.macros.list[index].key.as_str())
    }

    /// What decided about a macro that was built now.
    fn traced(&self, index: usize, traces: &Traces) -> Option<Inputs> {
        let mut inputs = Inputs::default();
        for unit in self.macros.units_of(index).into_iter().map(|unit| &self.macros.plan.units[unit]) {
            match unit.mode.as_str() {
                "build" => self.add_crate(unit, traces, &mut inputs)?,
                "run-custom-build" => self.add_script(unit, traces, &mut inputs)?,
                _ => return None,
            }
        }
        for below in self.macros.below(index) {
            if !self.counts_by_module(below) {
                let more = self.store.sources(&self.macros.list[below].key)?;
                inputs.files.extend(more.files);
                inputs.variables.extend(more.variables);
            }
        }
        Some(inputs)
    }

    /// Adds what a crate was compiled from. Nothing if that may have been another version of the files, or more than files and variables.
    fn add_crate(&self, unit: &Unit, traces: &Traces, inputs: &mut Inputs) -> Option<()> {
        let is_script = unit.kind == "custom-build";
        let is_it = |found: &&Finished| found.is_script == is_script && unit.is(&found.package, &found.features);
        let mut found = traces.crates.iter().filter(is_it).peekable();
        found.peek()?;
        let root = &self.macros.plan.workspace_root;
        let src = unit.src.as_deref()?;
        // Where Cargo has the compiler run.
        let directory = if unit.source == "path" && src.starts_with(root) { root } else { unit.manifest.parent()? };
        for compiled in found {
            let dep_info = compiled.dep_info.as_ref()?;
            let text = fs::read_to_string(dep_info).ok()?;
            let scripts = traces.scripts.iter().filter(|script| script.package == unit.package);
            for (name, value) in dep_info::variables(&text) {
                let is_set = |script: &Script| name == "OUT_DIR" || script.variables.contains(&name);
                if KNOWN_VARIABLES.iter().any(|known| name.starts_with(known)) || scripts.clone().any(is_set) {
                    continue;
                }
                // Cargo has set it to something, or found it fresh by what it was.
                if self.value(&name) != value.map(OsString::from) {
                    return None;
                }
                inputs.variables.insert(name);
            }
            let files: Vec<PathBuf> = dep_info::files(&text).map(|file| directory.join(file)).collect();
            if !files.contains(&directory.join(src)) {
                return None;
            }
            let counted: Vec<PathBuf> = files.into_iter().filter(|file| self.counts(file, unit, traces)).collect();
            // Cargo found it fresh by the times when files were modified, which can be set to anything.
            let written = fs::metadata(dep_info).ok()?.modified().ok()?;
            if compiled.fresh && !counted.iter().all(|file| is_older(file, written)) {
                return None;
            }
            inputs.files.extend(counted);
        }
        Some(())
    }

    /// Adds what a build script says that it depends on. Nothing if its package may change.
    fn add_script(&self, unit: &Unit, traces: &Traces, inputs: &mut Inputs) -> Option<()> {
        if unit.is_changeable() {
            return None;
        }
        let mut scripts = traces.scripts.iter().filter(|script| script.package == unit.package).peekable();
        scripts.peek()?;
        for script in scripts {
            let output = dep_info::output_of_script(&script.out_dir)?;
            inputs.variables.extend(dep_info::instructions(&output, "rerun-if-env-changed").map(str::to_owned));
            let files = dep_info::instructions(&output, "rerun-if-changed");
            let files = files.filter_map(|file| Some(unit.manifest.parent()?.join(file)));
            inputs.files.extend(files.filter(|file| self.counts(file, unit, traces)));
        }
        Some(())
    }

    /// Whether a file decides about a crate: any file that may change without the macro's key.
    fn counts(&self, file: &Path, unit: &Unit, traces: &Traces) -> bool {
        let real = |path: &Path| fs::canonicalize(path).unwrap_or(path.to_owned());
        let file = real(file);
        let is_in = |dir: &Path| file.starts_with(real(dir));
        // What macros may have decides what they ask for, and that is here.
        if is_in(&self.macros.plan.policy_dir()) {
            return false;
        }
        let scripts = traces.scripts.iter().filter(|script| script.package == unit.package);
        unit.is_changeable()
            || !unit.manifest.parent().is_some_and(is_in) && !scripts.into_iter().any(|script| is_in(&script.out_dir))
    }

    /// The crates that may change, of those that a macro is built from.
    fn changeable_crates(&self, index: usize) -> impl Iterator<Item = &Unit> {
        let units = self.macros.units_of(index).into_iter().map(|unit| &self.macros.plan.units[unit]);
        units.filter(|unit| unit.is_changeable())
    }

    /// Whether a macro with which another is built is told from others by its module alone.
    fn counts_by_module(&self, index: usize) -> bool {
        self.macros.list[index].changeable.is_some() || self.is_pinned(index)
    }

    /// The digests of the modules with which a macro is built and that its key and inputs say nothing of. Nothing if one of them is not
    /// there, or runs natively, so that it may read what no dep-info names.
    pub(crate) fn other_modules(&self, index: usize) -> Option<Vec<String>> {
        let mut digests = Vec::new();
        for below in self.macros.below(index) {
            if self.native_reason(below).is_some() {
                return None;
            }
            if !self.counts_by_module(below) {
                continue;
            }
            let decision = match self.decisions.get(&below) {
                Some(decision) => decision,
                None => &self.decide(below).ok()?,
            };
            match decision {
                Decision::Wasm(module) => digests.push(module.digest.clone()),
                Decision::Native(_) | Decision::Stuck(_) | Decision::Build => return None,
            }
        }
        Some(digests)
    }

    /// The manifests that decide what becomes of the crates that may change: their own, those above and the workspace's, from which
    /// settings are inherited.
    fn manifests(&self, index: usize) -> BTreeSet<PathBuf> {
        let mut crates = self.changeable_crates(index).peekable();
        // A package may name a workspace that lies elsewhere.
        let root = crates.peek().map(|_| self.macros.plan.workspace_root.as_path());
        let directories = crates.flat_map(|unit| unit.manifest.parent().into_iter().flat_map(Path::ancestors));
        let manifests = directories.chain(root).map(|dir| dir.join("Cargo.toml"));
        manifests.filter(|manifest| manifest.exists()).collect()
    }

    /// The value that a variable has for compilers and build scripts, but for those that Cargo sets for each.
    pub(crate) fn value(&self, name: &str) -> Option<OsString> {
        if let Some(value) = self.macros.plan.env.get(name) {
            return Some(value.into());
        }
        self.cargo.toolchain.variable(name).or_else(|| std::env::var_os(name))
    }

    /// The key of the modules that would be built from all this as it is now, of whatever profile.
    pub(crate) fn content_key(&self, index: usize, inputs: &Inputs) -> Option<Key> {
        let files = inputs.files.iter().cloned().chain(self.manifests(index)).collect::<BTreeSet<_>>();
        let content = |file: &PathBuf| {
            let content = match fs::read(file) {
                Ok(bytes) => Some(Digest::of(&bytes).to_string()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(_) => return None,
            };
            Some((file.to_str()?.to_owned(), content))
        };
        let contents: Vec<(String, Option<String>)> = files.iter().map(content).collect::<Option<_>>()?;
        let value = |name: &String| (name.clone(), self.value(name).map(OsString::into_encoded_bytes));
        let values: Vec<(String, Option<Vec<u8>>)> = inputs.variables.iter().map(value).collect();
        Some(self.macros.list[index].key.with(&(self.other_modules(index)?, contents, values)))
    }
}

fn write_stamp(target_dir: &Path, stamp: &Path, digest: &str) -> io::Result<()> {
    if !target_dir.exists() {
        // Cargo marks only one that it makes itself.
        fs::create_dir_all(target_dir)?;
        fs::write(target_dir.join("CACHEDIR.TAG"), CACHE_TAG)?;
    }
    fs::create_dir_all(target_dir.join(STAMPS))?;
    stubgen::write_atomically(stamp, digest.as_bytes())
}

/// Whether nobody has touched a file since a time, by the file's times of both kinds. One that is not there was not.
pub(crate) fn is_older(file: &Path, time: SystemTime) -> bool {
    match fs::metadata(file) {
        Ok(metadata) => {
            let touched = metadata.modified().and_then(|modified| Ok(modified.max(changed(&metadata)?)));
            touched.is_ok_and(|touched| touched + CLOCK_TICK < time)
        }
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// When a file's content or attributes were changed, which nobody can set.
#[cfg(unix)]
pub(crate) fn changed(metadata: &Metadata) -> io::Result<SystemTime> {
    use std::os::unix::fs::MetadataExt as _;
    let seconds = u64::try_from(metadata.ctime()).map_err(io::Error::other)?;
    let nanoseconds = u64::try_from(metadata.ctime_nsec()).map_err(io::Error::other)?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_nanos(nanoseconds))
}

#[cfg(not(unix))]
pub(crate) fn changed(metadata: &Metadata) -> io::Result<SystemTime> {
    metadata.modified()
}

#[cfg(test)]
mod tests {
    use super::*;

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
