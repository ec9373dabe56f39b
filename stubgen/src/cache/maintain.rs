//! Looking after a cache: listing, verifying, collecting and clearing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Cache, Entry, Key, Kind, TAG_NAME, TAG_OWNER, TAG_SIGNATURE};
use crate::write::TEMPORARY_PREFIX;

/// The age from which on a temporary file is one that a killed process has left.
const STALE_AFTER: Duration = Duration::from_secs(60 * 60);

/// An entry as it stands in the directory, whole or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEntry {
    /// What it is.
    pub kind: Kind,
    /// Its key.
    pub key: Key,
    /// Its file.
    pub path: PathBuf,
    /// The file's size in bytes, with the trailer.
    pub size: u64,
    /// When it was last used, to the hour.
    pub last_used: SystemTime,
}

impl ListedEntry {
    /// Whether the entry's trailer fits.
    pub fn is_whole(&self) -> bool {
        matches!(Entry::open(&self.path), Ok(Some(_)))
    }
}

/// What the collector is to leave. By default it leaves every entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Entries that were not used for longer go.
    pub max_age: Option<Duration>,
    /// If the entries have more bytes together, those that were not used for longest go.
    pub max_bytes: Option<u64>,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// The number of entries.
    pub entries: usize,
    /// Their size in bytes.
    pub bytes: u64,
}

impl Cache {
    /// The entries, whole or not, by kind and key. Other files are passed over; a cache that is not there is empty.
    ///
    /// # Errors
    ///
    /// Returns an error if a directory of the cache cannot be read.
    pub fn list(&self) -> io::Result<Vec<ListedEntry>> {
        let mut entries = Vec::new();
        for kind in Kind::ALL {
            for (path, metadata) in self.files(kind)? {
                let Some(key) = entry_key(&path, kind) else { continue };
                let last_used = metadata.modified()?;
                entries.push(ListedEntry { kind, key, path, size: metadata.len(), last_used });
            }
        }
        entries.sort_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
        Ok(entries)
    }

    /// The entries that are damaged.
    ///
    /// # Errors
    ///
    /// As [`list`](Cache::list).
    pub fn verify(&self) -> io::Result<Vec<ListedEntry>> {
        let mut entries = self.list()?;
        // An entry that is gone by now was not damaged.
        entries.retain(|entry| !entry.is_whole() && entry.path.exists());
        Ok(entries)
    }

    /// Removes what is beyond `limits`, and temporary files of killed processes.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory is not this cache's, or if something cannot be read or removed.
    pub fn gc(&self, limits: Limits) -> io::Result<Removed> {
        if !self.is_ours()? {
            return Ok(Removed::default());
        }
        let now = SystemTime::now();
        let age = |time: SystemTime| now.duration_since(time).unwrap_or_default();
        self.remove_temporaries(|metadata| metadata.modified().is_ok_and(|modified| age(modified) > STALE_AFTER))?;
        let mut removed = Removed::default();
        let mut entries = self.list()?;
        entries.sort_by_key(|entry| entry.last_used);
        let mut total: u64 = entries.iter().map(|entry| entry.size).sum();
        for entry in entries {
            let too_old = limits.max_age.is_some_and(|max_age| age(entry.last_used) > max_age);
            let too_much = limits.max_bytes.is_some_and(|max_bytes| total > max_bytes);
            if too_old || too_much {
                remove(&entry.path)?;
                total -= entry.size;
                removed.entries += 1;
                removed.bytes += entry.size;
            }
        }
        Ok(removed)
    }

    /// Removes every entry, and the directories and the tag if nothing else is in them.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory is not this cache's, or if something cannot be read or removed.
    pub fn clear(&self) -> io::Result<Removed> {
        if !self.is_ours()? {
            return Ok(Removed::default());
        }
        self.remove_temporaries(|_| true)?;
        let mut removed = Removed::default();
        for entry in self.list()? {
            remove(&entry.path)?;
            removed.entries += 1;
            removed.bytes += entry.size;
        }
        // Directories with something else in them stay, and with them the tag.
        let dirs = Kind::ALL.map(|kind| self.dir.join(kind.dir_name()));
        for dir in &dirs {
            if !is_symlink(dir) {
                _ = fs::remove_dir(dir);
            }
        }
        if fs::read_dir(&self.dir)?.count() == 1 {
            remove(&self.dir.join(TAG_NAME))?;
            _ = fs::remove_dir(&self.dir);
        }
        Ok(removed)
    }

    /// Whether there is a cache to look after: `Ok(false)` if the directory is not there or is empty.
    fn is_ours(&self) -> io::Result<bool> {
        match fs::read_dir(&self.dir) {
            Ok(mut files) => {
                if files.next().is_none() {
                    return Ok(false);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        }
        let tag = fs::read_to_string(self.dir.join(TAG_NAME)).unwrap_or_default();
        if tag.starts_with(TAG_SIGNATURE) && tag.lines().any(|line| line == TAG_OWNER) {
            return Ok(true);
        }
        let message = format!(
            "`{}` is not a cache of stubs and compiled modules: it has no `{TAG_NAME}` of ours",
            self.dir.display()
        );
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }

    /// The regular files in the directory of a kind. A link in the place of the directory is not followed.
    fn files(&self, kind: Kind) -> io::Result<Vec<(PathBuf, fs::Metadata)>> {
        let dir = self.dir.join(kind.dir_name());
        if is_symlink(&dir) {
            return Ok(Vec::new());
        }
        regular_files(&dir)
    }

    fn remove_temporaries(&self, is_stale: impl Fn(&fs::Metadata) -> bool) -> io::Result<()> {
        let mut files = regular_files(&self.dir)?;
        for kind in Kind::ALL {
            files.extend(self.files(kind)?);
        }
        for (path, metadata) in files {
            let is_temporary =
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY_PREFIX));
            if is_temporary && is_stale(&metadata) {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

fn is_symlink(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// The key that a file's name says, if it is a name of an entry.
fn entry_key(path: &Path, kind: Kind) -> Option<Key> {
    let name = path.file_name()?.to_str()?;
    Key::from_text(name.strip_suffix(kind.extension())?.strip_suffix('.')?)
}

fn regular_files(dir: &Path) -> io::Result<Vec<(PathBuf, fs::Metadata)>> {
    let reader = match fs::read_dir(dir) {
        Ok(reader) => reader,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for file in reader {
        let file = file?;
        match file.metadata() {
            Ok(metadata) if metadata.is_file() => files.push((file.path(), metadata)),
            Ok(_) => {}
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

/// Removes a file that another process may have removed by now.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
