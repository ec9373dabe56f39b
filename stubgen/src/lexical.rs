//! Paths as text.

use std::path::{Component, Path, PathBuf};

/// The path without `.` and `..`, as if there were no links. Its ancestors are directories that it lies in.
pub fn lexical(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = result.pop(),
            other => result.push(other),
        }
    }
    result
}
