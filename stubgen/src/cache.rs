//! The directory that keeps stubs and compiled modules between compilations.
//!
//! ```text
//! DIR/CACHEDIR.TAG
//! DIR/stub/KEY.rmeta      crate metadata of a stub
//! DIR/module/KEY.cwasm    a module, compiled
//! DIR/digest/KEY.sha256   the digest of a file that is known by its place and its times
//! ```
//!
//! Entries are written beside their place and renamed, and never changed afterwards; readers take no locks. Each ends in a
//! trailer, and one whose trailer does not fit is not there as far as readers are concerned.
//!
//! Whoever can write to the directory can have code run in the compiler.

mod entry;
mod key;
mod known;
mod locate;
mod maintain;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub use entry::Entry;
pub use key::Key;
pub use locate::default_dir;
pub use maintain::{Limits, ListedEntry, Removed};

use crate::write;

/// What every `CACHEDIR.TAG` starts with (<https://bford.info/cachedir/>).
const TAG_SIGNATURE: &str = "Signature: 8a477f597d28d172789f06886806bc55";

/// The line that tells our tag from others.
const TAG_OWNER: &str = "# This is the cache of rustc-wasm-proc-macro: stubs and compiled WebAssembly modules.";

/// The tag's file name.
const TAG_NAME: &str = "CACHEDIR.TAG";

/// How often, at most, a use of an entry is written down in its modification time.
const TOUCH_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// How often an entry is written anew when its directory, or its temporary file, is cleared away at that moment.
const CLEARED_RETRIES: usize = 10;

/// A cache directory. Nothing is read or written before an operation needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    dir: PathBuf,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The crate metadata of a stub.
    Stub,
    /// A compiled module.
    Module,
    /// The digest of a module's file.
    Digest,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 3] = [Kind::Stub, Kind::Module, Kind::Digest];

    /// The directory of the kind's entries.
    pub fn dir_name(self) -> &'static str {
        match self {
            Kind::Stub => "stub",
            Kind::Module => "module",
            Kind::Digest => "digest",
        }
    }

    /// The extension of the kind's entries, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Kind::Stub => "rmeta",
            Kind::Module => "cwasm",
            Kind::Digest => "sha256",
        }
    }
}

impl Cache {
    /// The cache in `dir`, which need not be there yet.
    pub fn new(dir: PathBuf) -> Cache {
        Cache { dir }
    }

    /// The cache's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the entry of that key is, or would be.
    pub fn path(&self, kind: Kind, key: &Key) -> PathBuf {
        self.dir.join(kind.dir_name()).join(format!("{key}.{}", kind.extension()))
    }

    /// The entry of that key, if it is there and whole. What is damaged or cannot be read is not there.
    pub fn lookup(&self, kind: Kind, key: &Key) -> Option<Entry> {
        let (entry, file) = Entry::open(&self.path(kind, key)).ok()??;
        // The collector goes by the time of the last use. It does not matter much if that cannot be written down.
        let now = SystemTime::now();
        let modified = file.metadata().and_then(|metadata| metadata.modified());
        if modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|age| age > TOUCH_INTERVAL)) {
            _ = file.set_modified(now);
        }
        Some(entry)
    }

    /// Writes the entry of that key, replaces a damaged one, and returns its path.
    ///
    /// Any number of processes may do this at once: readers see a whole entry or none.
    ///
    /// # Errors
    ///
    /// Returns the error of the operation that failed. No temporary file stays behind.
    pub fn publish(&self, kind: Kind, key: &Key, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.path(kind, key);
        let trailer = entry::trailer(bytes);
        let write = || {
            fs::create_dir_all(self.dir.join(kind.dir_name()))?;
            self.write_tag()?;
            write::atomically(&path, &[bytes, &trailer])
        };
        let mut result = write();
        for _ in 0..CLEARED_RETRIES {
            // The second is what `create_dir_all` makes of a directory that was there and is gone.
            match result.as_ref().map_err(io::Error::kind) {
                Err(io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => result = write(),
                _ => break,
            }
        }
        match result {
            Ok(()) => Ok(path),
            // On Windows a file that is in use cannot be replaced; but then it is whole, and the same.
            Err(error) => match self.lookup(kind, key) {
                Some(_) => Ok(path),
                None => Err(error),
            },
        }
    }

    /// Writes the tag that tells backup programs to leave the directory out, and `clear` that it may clear it.
    fn write_tag(&self) -> io::Result<()> {
        let path = self.dir.join(TAG_NAME);
        if path.exists() {
            return Ok(());
        }
        let text = format!(
            "{TAG_SIGNATURE}\n{TAG_OWNER}\n# For information about cache directory tags see https://bford.info/cachedir/\n"
        );
        write::atomically(&path, &[text.as_bytes()])
    }
}
