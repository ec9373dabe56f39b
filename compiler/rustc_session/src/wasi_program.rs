//! Where the compiler is if it is a program for WASI.

use std::env;
use std::path::{Path, PathBuf};

/// By what it was called with: a program in WebAssembly cannot ask where it lies. Two directories above it is the sysroot, which is
/// the root of all directories where the name says nothing.
///
/// # Errors
///
/// Never; other systems have some.
pub(crate) fn path() -> Result<PathBuf, String> {
    let path = Path::new("/").join(env::args_os().next().unwrap_or_default());
    Ok(if path.components().count() > 2 { path } else { PathBuf::from("/bin/rustc") })
}
