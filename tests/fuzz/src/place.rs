//! Directories for what a target writes.

use std::path::Path;

use tempfile::TempDir;

/// Makes a directory: in memory where that is possible, since inputs come by the thousand.
pub(crate) fn directory(target: &str) -> TempDir {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    let prefix = format!("fuzz-{target}-");
    builder.prefix(&prefix);
    let dir = if memory.is_dir() { builder.tempdir_in(memory) } else { builder.tempdir() };
    dir.expect("a directory")
}
