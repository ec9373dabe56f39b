//! What was decided last, by all that decided it. Where nothing of that has changed, nothing is planned.
//!
//! Cargo still resolves, as it does in every build, and each macro of its graph needs a module or a permission: one that is not here has all
//! planned after all.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stubgen::module::Digest;

use crate::background::Work;
use crate::decision::{Decision, Origin, Reason};
use crate::here::Here;
use crate::key::Key;
use crate::later::Used;
use crate::project::FILE_NAME;
use crate::request::Mode;
use crate::resolve::Resolver;
use crate::session::Session;
use crate::sources::{changed, is_older};
use crate::split::CargoLine;
use crate::summary::Summary;

/// Below the target directory.
const PLACE: &str = "wasm-proc-macro/decisions";

/// Part of every key, so that another version of this file finds nothing of an older one.
const FORMAT: u32 = 2;

/// How many sets of decisions are kept: those of a few commands.
const MOST: usize = 16;

/// How variables begin that have a say in what Cargo or the store does.
const VARIABLES: [&str; 6] = ["CARGO", "RUST", "__CARGO", "WASM_PROC_MACRO", "XDG_CACHE_HOME", "HOME"];

/// What has none although it begins so: how to get at a shared store, in which stand secrets.
const NO_SAY: &str = "WASM_PROC_MACRO_STORE_";

/// The decisions of one build.
#[derive(Serialize, Deserialize)]
pub(crate) struct Remembered {
    files: Vec<Seen>,
    /// Variables that compilers have read, with the digests of their values.
    variables: Vec<(String, Option<String>)>,
    request: Value,
    pub(crate) summary: Summary,
    pub(crate) used: Used,
    /// What can be optimized after a build.
    pub(crate) work: Work,
    #[serde(skip)]
    _in_use: Vec<File>,
}

/// A file as it was when it had a say.
#[derive(Serialize, Deserialize)]
struct Seen {
    path: PathBuf,
    state: Option<State>,
}

#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct State {
    length: u64,
    /// The device and the number there, which tell what a link leads to.
    place: (u64, u64),
    /// Since 1970.
    modified: Duration,
    changed: Duration,
}

/// Where decisions are looked up and kept.
pub(crate) struct Memory<'a> {
    here: &'a dyn Here,
    session: &'a Session,
    path: PathBuf,
}

impl<'a> Memory<'a> {
    /// The memory of this build. Nothing if not all is known that decides about it.
    pub(crate) fn new(here: &'a dyn Here, session: &'a Session, line: &CargoLine) -> Option<Memory<'a>> {
        let facts = here.facts()?;
        let mut variables: Vec<_> = std::env::vars_os()
            .map(|(name, value)| (name.into_encoded_bytes(), value.into_encoded_bytes()))
            .filter(|(name, _)| VARIABLES.iter().any(|start| name.starts_with(start.as_bytes())))
            .filter(|(name, _)| !name.starts_with(NO_SAY.as_bytes()))
            .collect();
        variables.sort();
        let toolchain = session.toolchain.listing().ok()?.to_string();
        // Where Cargo installs a package, its configuration is that of the package's place, and the settings are not.
        let settings = format!("{:?}", line.settings);
        let key = Key::of(&(FORMAT, toolchain, facts, settings, variables));
        let path = here.target_dir().join(PLACE).join(format!("{key}.json"));
        Some(Memory { here, session, path })
    }

    /// What was decided, if that is what would be decided now.
    pub(crate) fn recall(&self) -> Option<Remembered> {
        let mut known: Remembered = serde_json::from_slice(&fs::read(&self.path).ok()?).ok()?;
        let value = |name: &str| self.session.toolchain.variable(name).or_else(|| std::env::var_os(name));
        let is_same_value = |(name, digest): &(String, Option<String>)| {
            value(name).map(|value| Digest::of(value.as_encoded_bytes()).to_string()) == *digest
        };
        let is_same = |seen: &Seen| State::of(&seen.path).is_ok_and(|state| state == seen.state);
        if !known.files.iter().all(is_same) || !known.variables.iter().all(is_same_value) {
            return None;
        }
        for module in known.request["modules"].as_array()? {
            let path = Path::new(module["path"].as_str()?);
            if path.starts_with(self.session.store.dir()) {
                known._in_use.push(self.session.store.hold(path)?);
            }
        }
        Some(known)
    }

    /// Keeps the decisions of this run, if all is known that decided them. If they cannot be kept, they are made again.
    pub(crate) fn keep(&self, resolver: &Resolver<'_>) {
        if let Some(known) = self.of(resolver) {
            _ = self.write(&known);
        }
    }

    fn of(&self, resolver: &Resolver<'_>) -> Option<Remembered> {
        let is_settled =
            |decision: &Decision| matches!(decision, Decision::Wasm(_) | Decision::Native(Reason::Granted(_)));
        if !resolver.refusals.is_empty() || !resolver.decisions.values().all(is_settled) {
            return None;
        }
        let plan = resolver.macros.plan;
        let inputs = resolver.all_inputs()?;
        if inputs.variables.iter().any(|name| plan.env.contains_key(name)) {
            // What the configuration says stands in the facts, but not which of both counts.
            return None;
        }
        let mut files: BTreeSet<PathBuf> = inputs.files;
        files.extend(self.here.files());
        files.insert(plan.project().join(FILE_NAME));
        for unit in plan.units.iter().filter(|unit| unit.is_changeable()) {
            files.extend(unit.manifest.ancestors().skip(1).map(|dir| dir.join("Cargo.toml")));
            // Cargo takes it for a build script where the manifest names none.
            files.insert(unit.manifest.with_file_name("build.rs"));
        }
        let mut modules = BTreeSet::new();
        for (index, decision) in &resolver.decisions {
            if let Decision::Wasm(module) = decision {
                // What is known of its inputs may be what an earlier module was made of.
                if module.origin != Origin::Pinned && module._stored.is_none() {
                    return None;
                }
                let group = if module.origin == Origin::Pinned { &mut files } else { &mut modules };
                group.insert(module.path.clone());
                // There may be a better one some day.
                if module.origin != Origin::Pinned {
                    modules.insert(resolver.store.sources_path(&resolver.macros.list[*index].key));
                }
            }
        }
        let request = resolver.request(Mode::Use);
        modules.extend(request.modules.iter().filter_map(|module| module.stamp.clone()));
        // What was written to in the meantime may be something else than what this run has read. Modules are its own.
        let start = self.here.start();
        if !files.iter().all(|file| is_older(file, start)) {
            return None;
        }
        let seen = |path: PathBuf| Some(Seen { state: State::of(&path).ok()?, path });
        let digest = |name: &String| {
            let value = resolver.value(name).map(|value| Digest::of(value.as_encoded_bytes()).to_string());
            (name.clone(), value)
        };
        Some(Remembered {
            files: files.into_iter().chain(modules).map(seen).collect::<Option<_>>()?,
            variables: inputs.variables.iter().map(digest).collect(),
            request: serde_json::to_value(request).ok()?,
            summary: Summary::of(resolver).of_next(),
            used: Used::of(resolver),
            work: Work::of(resolver),
            _in_use: Vec::new(),
        })
    }

    fn write(&self, known: &Remembered) -> io::Result<()> {
        let dir = self.path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(dir)?;
        let age = |path: &PathBuf| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        let mut others: Vec<PathBuf> = fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        others.sort_by_key(age);
        for old in others.iter().rev().skip(MOST) {
            _ = fs::remove_file(old);
        }
        stubgen::write_atomically(&self.path, &serde_json::to_vec(known)?)
    }
}

impl Remembered {
    /// The request of these decisions. What it does not know is noted at `unplanned`.
    pub(crate) fn request(&self, unplanned: PathBuf) -> Value {
        let mut request = self.request.clone();
        request["unplanned"] = unplanned.to_string_lossy().into();
        request
    }
}

#[cfg(unix)]
fn place(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn place(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

impl State {
    /// Nothing for a file that is not there.
    fn of(path: &Path) -> io::Result<Option<State>> {
        let metadata = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            metadata => metadata?,
        };
        let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map_err(io::Error::other);
        let (modified, changed) = (since(metadata.modified()?)?, since(changed(&metadata)?)?);
        Ok(Some(State { length: metadata.len(), place: place(&metadata), modified, changed }))
    }
}
