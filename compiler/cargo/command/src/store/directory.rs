//! A directory of the store, read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is in a directory. One that is not there is empty.
pub(crate) fn paths_in(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    entries.map(|entry| entry.map(|entry| entry.path())).collect()
}
