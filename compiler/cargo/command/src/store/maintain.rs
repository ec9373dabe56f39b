//! Looking after the store: listing, collecting and clearing, beside runs that use it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use stubgen::cache::{Cache, Limits as CacheLimits};

use super::directory::paths_in;
use super::{
    BuildLock, CACHE_TAG, COMPILERS, FAILURES, LOCKS, META_FILE, MODULE_FILE, MODULES, Meta, NEW, OLD, RUN, SOURCES,
    Store, TAG, TAG_FILE, TEMPORARY, lock,
};
use crate::key::Key;

/// The age from which on something temporary is what a killed process has left.
const STALE_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// An entry as it stands there.
pub(crate) struct Listed {
    pub(crate) key: Key,
    /// What it says of itself, if that can be read.
    pub(crate) meta: Option<Meta>,
    /// Bytes on disk.
    pub(crate) size: u64,
    pub(crate) last_used: SystemTime,
}

/// What the collector is to leave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// What was not used for longer goes.
    pub(crate) max_age: Duration,
    /// If modules have more bytes together, those that were not used for longest go.
    pub(crate) max_bytes: Option<u64>,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Removed {
    pub(crate) modules: usize,
    pub(crate) bytes: u64,
    /// Modules that would have gone, but that a run is using.
    pub(crate) in_use: usize,
}

impl Store {
    /// The modules, by name, version and key.
    pub(crate) fn list(&self) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for dir in paths_in(&self.dir.join(MODULES))? {
            let Some(key) = dir.file_name().and_then(|name| Key::from_text(name.to_str()?)) else { continue };
            let meta = fs::read(dir.join(META_FILE)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let size = [META_FILE, MODULE_FILE].map(|name| fs::metadata(dir.join(name)).map_or(0, |file| file.len()));
            let last_used = age_mark(&dir.join(META_FILE)).or_else(|| age_mark(&dir)).unwrap_or(SystemTime::UNIX_EPOCH);
            listed.push(Listed { key, meta, size: size.iter().sum(), last_used });
        }
        listed.sort_by(|a, b| {
            let name = |entry: &Listed| entry.meta.as_ref().map(|meta| (meta.name.clone(), meta.version.clone()));
            (name(a), &a.key).cmp(&(name(b), &b.key))
        });
        Ok(listed)
    }

    /// Removes what is beyond `limits`, and what killed processes have left.
    pub(crate) fn gc(&self, limits: Limits) -> io::Result<Removed> {
        if !self.is_ours()? {
            return Ok(Removed::default());
        }
        self.sweep();
        let mut removed = Removed::default();
        let mut entries = self.list()?;
        entries.sort_by_key(|entry| entry.last_used);
        let total: u64 = entries.iter().map(|entry| entry.size).sum();
        for entry in entries {
            let too_much = limits.max_bytes.is_some_and(|max_bytes| total - removed.bytes > max_bytes);
            if is_older(entry.last_used, limits.max_age) || too_much {
                self.remove(&entry, &mut removed)?;
            }
        }
        for dir in [FAILURES, COMPILERS, SOURCES] {
            self.remove_files(dir, limits.max_age)?;
        }
        lock::remove_free(&self.dir.join(LOCKS))?;
        let compiled = Cache::new(self.compiled_dir());
        removed.bytes += compiled.gc(CacheLimits { max_age: Some(limits.max_age), max_bytes: None })?.bytes;
        Ok(removed)
    }

    /// Removes everything but what a run is using.
    pub(crate) fn clear(&self) -> io::Result<Removed> {
        if !self.is_ours()? {
            return Ok(Removed::default());
        }
        self.sweep();
        let mut removed = Removed::default();
        for entry in self.list()? {
            self.remove(&entry, &mut removed)?;
        }
        for dir in [FAILURES, COMPILERS, SOURCES] {
            self.remove_files(dir, Duration::ZERO)?;
        }
        lock::remove_free(&self.dir.join(LOCKS))?;
        removed.bytes += Cache::new(self.compiled_dir()).clear()?.bytes;
        Ok(removed)
    }

    fn remove(&self, entry: &Listed, removed: &mut Removed) -> io::Result<()> {
        if self.forget_module(&entry.key)? {
            removed.modules += 1;
            removed.bytes += entry.size;
        } else {
            removed.in_use += 1;
        }
        Ok(())
    }

    /// Removes an entry, unless a run is using it. Says whether it did.
    pub(super) fn forget_module(&self, key: &Key) -> io::Result<bool> {
        let dir = self.entry_dir(key);
        // Who has this lock may be putting a new module there, which must not be taken for the one that was looked at.
        let Some(_lock) = BuildLock::try_take(&self.dir.join(LOCKS).join(key.as_str()))? else { return Ok(false) };
        let meta = File::open(dir.join(META_FILE));
        // An entry without that file is damaged, and nobody's.
        if meta.as_ref().is_ok_and(|meta| meta.try_lock().is_err()) {
            return Ok(false);
        }
        self.move_aside(&dir)?;
        Ok(true)
    }

    /// Removes files that were not written for longer than `max_age`.
    fn remove_files(&self, dir: &str, max_age: Duration) -> io::Result<()> {
        for path in paths_in(&self.dir.join(dir))? {
            if age_mark(&path).is_some_and(|time| is_older(time, max_age)) {
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Removes what killed processes have left. Another run may do the same, so nothing of it is an error.
    pub(super) fn sweep(&self) {
        let is_temporary = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            [RUN, NEW, OLD].iter().any(|prefix| name.starts_with(prefix.as_bytes()))
        };
        for path in paths_in(&self.dir.join(TEMPORARY)).unwrap_or_default().into_iter().filter(is_temporary) {
            if age_mark(&path).is_some_and(|time| is_older(time, STALE_AFTER)) {
                _ = fs::remove_dir_all(&path);
            }
        }
    }

    /// Whether there is a store to look after: `Ok(false)` if nothing is there.
    ///
    /// Who points `WASM_PROC_MACRO_STORE` at a home directory by mistake is told so, and keeps it.
    pub(super) fn is_ours(&self) -> io::Result<bool> {
        // A tag that is being written has such a name.
        let is_hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if paths_in(&self.dir)?.iter().all(is_hidden) {
            return Ok(false);
        }
        if fs::read_to_string(self.dir.join(TAG_FILE)).is_ok_and(|tag| tag == [CACHE_TAG, TAG].concat()) {
            return Ok(true);
        }
        Err(io::Error::other(format!("it is not a module store: it has no `{TAG_FILE}`")))
    }
}

fn age_mark(path: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// Everything is older than nothing at all, also what was written a moment ago.
fn is_older(time: SystemTime, age: Duration) -> bool {
    age.is_zero() || SystemTime::now().duration_since(time).unwrap_or_default() > age
}
