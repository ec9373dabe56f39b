//! The module store: modules that were built, shared by projects and by runs at the same time.
//!
//! ```text
//! DIR/CACHEDIR.TAG
//! DIR/modules/KEY/{module.wasm, meta.json}   a module; meta.json has its SHA-256
//! DIR/sources/KEY.json                       what decided about a macro when it was last built, besides its key
//! DIR/failures/KEY.json                      why a module could not be built
//! DIR/compilers/DIGEST                       the digest of a compiler's contents, by that of its files' times
//! DIR/compiled/                              the compiler's cache of stubs and compiled modules
//! DIR/locks/KEY                              locked by who builds a module
//! DIR/tmp/                                   what is being written or removed
//! ```
//!
//! Entries are written in `tmp` and renamed; readers take no lock that could make them wait. A run holds shared locks on the
//! `meta.json` of the modules that it uses, so that the collector leaves them alone. Locks go with the process that holds them.

mod directory;
mod lock;
mod maintain;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stubgen::module::Digest;
use tempfile::TempDir;

pub(crate) use directory::paths_in;
pub(crate) use lock::BuildLock;
#[cfg(feature = "command")]
pub(crate) use maintain::{Limits, Removed};

use crate::inputs::Inputs;
use crate::key::Key;
use crate::macros::Macro;
use crate::profile::Profile;

const STORE_VARIABLE: &str = "WASM_PROC_MACRO_STORE";
const MODULES: &str = "modules";
const LOCKS: &str = "locks";
const TEMPORARY: &str = "tmp";
/// What directories in there are called, before what tells them apart: those of runs, of new entries, and of what is removed.
const RUN: &str = "run-";
const NEW: &str = "new-";
const OLD: &str = "old-";
const COMPILERS: &str = "compilers";
const SOURCES: &str = "sources";
const FAILURES: &str = "failures";
const MODULE_FILE: &str = "module.wasm";
const META_FILE: &str = "meta.json";
const TAG_FILE: &str = "CACHEDIR.TAG";

/// What every `CACHEDIR.TAG` starts with (<https://bford.info/cachedir/>).
pub(crate) const CACHE_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n";

/// What follows in the store's own.
const TAG: &str = "# This is the module store of cargo-wasm-proc-macro.\n";

/// How often, at most, a use is written down in a modification time.
const TOUCH_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// How many modules are kept of a macro: for some branches, but not for each edit of a day.
const MODULES_OF_ONE: usize = 4;

/// A store's directory.
pub(crate) struct Store {
    dir: PathBuf,
    /// Another store, which is only read: its modules are taken, and nothing is kept there.
    read_only: Option<PathBuf>,
}

/// What is known of a module in the store.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Meta {
    pub(crate) package: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) features: Vec<String>,
    pub(crate) sha256: String,
    #[serde(default)]
    pub(crate) profile: Profile,
    /// The module's size in bytes.
    pub(crate) size: u64,
    /// When it was built, in seconds since 1970.
    pub(crate) created: u64,
    /// Whether it came with the toolchain.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) prebuilt: bool,
}

impl Meta {
    /// What is known before there is a module.
    pub(crate) fn of(it: &Macro<'_>, profile: Profile) -> Meta {
        Meta {
            package: it.package.to_owned(),
            name: it.name.to_owned(),
            version: it.version.to_owned(),
            features: it.features.to_vec(),
            sha256: String::new(),
            profile,
            size: 0,
            created: 0,
            prebuilt: false,
        }
    }
}

/// A module of the store that is in use as long as this value lives.
pub(crate) struct Stored {
    pub(crate) path: PathBuf,
    pub(crate) meta: Meta,
    _in_use: File,
}

/// What is known of a macro.
#[derive(Serialize, Deserialize)]
struct Sources {
    /// What decided about it when it was last built.
    #[serde(flatten)]
    inputs: Inputs,
    /// The keys of its modules, the newest first.
    modules: Vec<String>,
}

/// Bad news about a module.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) name: String,
    pub(crate) version: String,
    /// One line for the summary.
    pub(crate) reason: String,
    /// All of it.
    pub(crate) message: String,
}

/// Where the store is unless it cannot be there.
pub(crate) fn default_dir() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let dir = match std::env::var_os(STORE_VARIABLE).filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => {
            let base = etcetera::base_strategy::choose_native_strategy().ok()?;
            base.cache_dir().join("rustc-wasm-proc-macro").join("store")
        }
    };
    std::path::absolute(dir).ok()
}

impl Store {
    /// The store in `dir`, of which nothing need be there yet, and a directory in it for what lives only as long as this run.
    pub(crate) fn open(dir: PathBuf) -> io::Result<(Store, TempDir)> {
        let store = Store { dir, read_only: None };
        let dir = &store.dir;
        // The tag is the first thing in it, so that whoever looks after it at this moment knows whose it is.
        if !store.is_ours()? {
            fs::create_dir_all(dir)?;
            stubgen::write_atomically(&dir.join(TAG_FILE), [CACHE_TAG, TAG].concat().as_bytes())?;
        }
        for name in [MODULES, LOCKS, TEMPORARY, COMPILERS, SOURCES, FAILURES] {
            fs::create_dir_all(dir.join(name))?;
        }
        store.sweep();
        // This is also the proof that the store can be written.
        let temporary = store.temporary(RUN)?;
        Ok((store, temporary))
    }

    /// A store that is only looked after: nothing is made.
    pub(crate) fn existing(dir: PathBuf) -> Store {
        Store { dir, read_only: None }
    }

    /// The store with another one behind it that cannot be written, if that is one.
    pub(crate) fn before(self, read_only: PathBuf) -> Store {
        let is_store = Store::existing(read_only.clone()).is_ours().is_ok_and(|is_ours| is_ours);
        Store { read_only: is_store.then_some(read_only), ..self }
    }

    /// Where something that is in a store may be.
    fn places(&self, dir: &str, name: &str) -> impl Iterator<Item = PathBuf> {
        [Some(&self.dir), self.read_only.as_ref()].into_iter().flatten().map(move |store| store.join(dir).join(name))
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the compiler keeps stubs and compiled modules, for all projects.
    pub(crate) fn compiled_dir(&self) -> PathBuf {
        self.dir.join("compiled")
    }

    /// Where a module is, or would be.
    pub(crate) fn module_path(&self, key: &Key) -> PathBuf {
        self.entry_dir(key).join(MODULE_FILE)
    }

    fn entry_dir(&self, key: &Key) -> PathBuf {
        self.dir.join(MODULES).join(key.as_str())
    }

    fn temporary(&self, prefix: &str) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix(prefix).tempdir_in(self.dir.join(TEMPORARY))
    }

    /// The module of that key, if it is there and whole.
    pub(crate) fn lookup(&self, key: &Key) -> Option<Stored> {
        self.places(MODULES, key.as_str()).find_map(|dir| stored(&dir))
    }

    /// Keeps the collector away from a module as long as the result lives. Nothing if it is no module of this store.
    pub(crate) fn hold(&self, module: &Path) -> Option<File> {
        let meta_path = module.parent().filter(|dir| dir.parent() == Some(&self.dir.join(MODULES)))?.join(META_FILE);
        let in_use = File::open(&meta_path).ok()?;
        if in_use.try_lock_shared().is_err() || !lock::is_still_at(&in_use, &meta_path) {
            return None;
        }
        touch(&in_use);
        Some(in_use)
    }

    /// Puts a module there in place of one that is damaged. The caller holds the key's lock.
    pub(crate) fn put(&self, key: &Key, module: &[u8], mut meta: Meta) -> io::Result<Stored> {
        meta.sha256 = Digest::of(module).to_string();
        meta.size = module.len() as u64;
        meta.created = seconds(SystemTime::now());
        let new = self.temporary(NEW)?;
        fs::write(new.path().join(MODULE_FILE), module)?;
        fs::write(new.path().join(META_FILE), serde_json::to_vec_pretty(&meta)?)?;
        self.move_aside(&self.entry_dir(key))?;
        // It is no temporary directory any more, and does not look like one.
        let path = new.keep();
        make_readable(&path)?;
        fs::rename(&path, self.entry_dir(key))?;
        self.lookup(key).ok_or_else(|| io::Error::other("the module was cleared away at once"))
    }

    /// Removes a file or directory so that nobody finds half of it.
    fn move_aside(&self, path: &Path) -> io::Result<()> {
        let aside = self.temporary(OLD)?;
        match fs::rename(path, aside.path().join("entry")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => aside.close(),
        }
    }

    fn failure_path(&self, key: &Key) -> PathBuf {
        self.dir.join(FAILURES).join(format!("{key}.json"))
    }

    /// Why no module of that key could be built. What cannot be read is not there.
    pub(crate) fn failure(&self, key: &Key) -> Option<Note> {
        self.places(FAILURES, &format!("{key}.json")).find_map(|path| read_used(&path))
    }

    /// Keeps why no module of that key could be built.
    pub(crate) fn write_failure(&self, key: &Key, note: &Note) -> io::Result<()> {
        stubgen::write_atomically(&self.failure_path(key), &serde_json::to_vec_pretty(note)?)
    }

    /// Forgets why no module of that key could be built.
    pub(crate) fn forget_failure(&self, key: &Key) {
        _ = fs::remove_file(self.failure_path(key));
    }

    pub(crate) fn sources_path(&self, key: &Key) -> PathBuf {
        self.dir.join(SOURCES).join(format!("{key}.json"))
    }

    fn known(&self, key: &Key) -> Option<Sources> {
        self.places(SOURCES, &format!("{key}.json")).find_map(|path| read_used(&path))
    }

    /// What decided about a macro when it was last built.
    pub(crate) fn sources(&self, key: &Key) -> Option<Inputs> {
        self.known(key).map(|sources| sources.inputs)
    }

    /// Keeps what decided about `module`. Of earlier modules of that macro the last few stay.
    pub(crate) fn write_sources(&self, key: &Key, inputs: Inputs, module: &Key) -> io::Result<()> {
        let mut modules = self.known(key).map(|sources| sources.modules).unwrap_or_default();
        modules.retain(|known| known != module.as_str());
        modules.insert(0, module.as_str().to_owned());
        let old = modules.split_off(modules.len().min(MODULES_OF_ONE));
        let sources = Sources { inputs, modules };
        stubgen::write_atomically(&self.sources_path(key), &serde_json::to_vec_pretty(&sources)?)?;
        for key in old.iter().filter_map(|key| Key::from_text(key)) {
            // One that is in use is for the collector.
            self.forget_module(&key)?;
        }
        Ok(())
    }

    /// Waits until nobody else builds the module of that key; `on_wait` is called if that takes time.
    ///
    /// # Errors
    ///
    /// Returns an error if the file system has no locks.
    pub(crate) fn lock(&self, key: &Key, on_wait: impl FnOnce()) -> io::Result<BuildLock> {
        BuildLock::take(&self.dir.join(LOCKS).join(key.as_str()), on_wait)
    }

    /// The digest of a compiler whose files were seen before.
    pub(crate) fn compiler(&self, listing: &Digest) -> Option<Digest> {
        let file = self.places(COMPILERS, &listing.to_string()).find_map(|path| File::open(&path).ok())?;
        let key = Key::from_text(io::read_to_string(&file).ok()?.trim())?;
        touch(&file);
        let mut digest = [0; 32];
        for (byte, digits) in digest.iter_mut().zip(key.as_str().as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Digest(digest))
    }

    pub(crate) fn remember_compiler(&self, listing: &Digest, identity: &Digest) {
        let path = self.dir.join(COMPILERS).join(listing.to_string());
        // It is computed again if this does not work.
        _ = stubgen::write_atomically(&path, format!("{identity}\n").as_bytes());
    }
}

/// The module of an entry, if it is there and whole.
fn stored(dir: &Path) -> Option<Stored> {
    let meta_path = dir.join(META_FILE);
    let in_use = File::open(&meta_path).ok()?;
    if let Err(TryLockError::WouldBlock) = in_use.try_lock_shared() {
        // Only the collector locks it so, and it is about to remove it.
        return None;
    }
    let meta: Meta = serde_json::from_reader(&in_use).ok()?;
    let path = dir.join(MODULE_FILE);
    let bytes = fs::read(&path).ok()?;
    if Digest::of(&bytes).to_string() != meta.sha256 || !lock::is_still_at(&in_use, &meta_path) {
        return None;
    }
    touch(&in_use);
    Some(Stored { path, meta, _in_use: in_use })
}

/// What is in a file of the store, which was of use then.
fn read_used<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let file = File::open(path).ok()?;
    let content = serde_json::from_str(&io::read_to_string(&file).ok()?).ok()?;
    touch(&file);
    Some(content)
}

/// Writes down in a file's time that it is used, since the collector goes by it. It does not matter much if that cannot be done.
fn touch(file: &File) {
    let now = SystemTime::now();
    let modified = file.metadata().and_then(|metadata| metadata.modified());
    if modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > TOUCH_INTERVAL)) {
        _ = file.set_modified(now);
    }
}

/// Seconds since 1970.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Temporary directories are their owner's alone; an entry is as open as the umask wants others.
#[cfg(unix)]
fn make_readable(path: &Path) -> io::Result<()> {
    let modules = path.parent().and_then(Path::parent).map(|dir| dir.join(MODULES)).unwrap_or_default();
    fs::set_permissions(path, fs::metadata(modules)?.permissions())
}

#[cfg(not(unix))]
fn make_readable(_path: &Path) -> io::Result<()> {
    Ok(())
}
