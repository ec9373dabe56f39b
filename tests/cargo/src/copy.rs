//! Copies of directories.

use std::fs;
use std::path::{Path, PathBuf};

use tests::command::files;

/// A directory of this package.
pub fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Copies all files of `from` to `to`.
///
/// # Panics
///
/// If that is not possible, or if there are none.
pub fn directory(from: &Path, to: &Path) {
    let files = files(from);
    assert!(!files.is_empty(), "there is nothing in `{}`", from.display());
    for file in files {
        // What somebody has built in there by hand is no part of it.
        if !file.iter().any(|part| part == "target") {
            copy(&from.join(&file), &to.join(&file));
        }
    }
}

fn copy(from: &Path, to: &Path) {
    let dir = to.parent().expect("it is in a directory");
    let copied = fs::create_dir_all(dir).and_then(|()| fs::copy(from, to));
    copied.unwrap_or_else(|error| panic!("cannot copy `{}` to `{}`: {error}", from.display(), to.display()));
}
