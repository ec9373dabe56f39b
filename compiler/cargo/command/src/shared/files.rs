//! A directory of this machine, or one that is mounted, as a shared store.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use super::settings::FILES;
use super::transport::Trouble;

pub(super) struct Files {
    root: PathBuf,
}

impl Files {
    /// The store of a checked address, if that is a directory.
    pub(super) fn of(url: &str) -> Option<Files> {
        Some(Files { root: PathBuf::from(url.strip_prefix(FILES)?) })
    }

    /// What is there. Nothing if nothing is.
    pub(super) fn get(&self, path: &str) -> Result<Option<File>, Trouble> {
        match File::open(self.root.join(path)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.root.is_dir() => Ok(None),
            Err(error) => Err(Trouble(format!("it cannot be read: {error}"))),
        }
    }

    /// Writes an entry aside and renames it.
    pub(super) fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Trouble> {
        let path = self.root.join(path);
        let written = match path.parent().filter(|_| self.root.is_dir()) {
            Some(dir) => fs::create_dir_all(dir).and_then(|()| stubgen::write_atomically(&path, bytes)),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        };
        written.map_err(|error| Trouble(format!("it cannot be written: {error}")))
    }
}
