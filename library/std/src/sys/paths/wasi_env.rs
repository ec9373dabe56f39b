//! Paths that environment variables name, for WASI: as on Unix.

use crate::ffi::{OsStr, OsString};
use crate::macro_host::{self, Refusal};
use crate::os::wasi::ffi::{OsStrExt, OsStringExt};
use crate::path::PathBuf;
use crate::{env, fmt, io, slice};

const SEPARATOR: u8 = b':';

pub struct SplitPaths<'a>(slice::Split<'a, u8, fn(&u8) -> bool>);

pub fn split_paths(unparsed: &OsStr) -> SplitPaths<'_> {
    SplitPaths(unparsed.as_bytes().split(|byte| *byte == SEPARATOR))
}

impl Iterator for SplitPaths<'_> {
    type Item = PathBuf;

    fn next(&mut self) -> Option<PathBuf> {
        self.0.next().map(|path| PathBuf::from(OsStr::from_bytes(path)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

#[derive(Debug)]
pub struct JoinPathsError;

pub fn join_paths<I, T>(paths: I) -> Result<OsString, JoinPathsError>
where
    I: Iterator<Item = T>,
    T: AsRef<OsStr>,
{
    let mut joined = Vec::new();
    for (index, path) in paths.enumerate() {
        let path = path.as_ref().as_bytes();
        if path.contains(&SEPARATOR) {
            return Err(JoinPathsError);
        }
        if index > 0 {
            joined.push(SEPARATOR);
        }
        joined.extend_from_slice(path);
    }
    Ok(OsString::from_vec(joined))
}

impl fmt::Display for JoinPathsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path segment contains separator `{}`", char::from(SEPARATOR))
    }
}

impl crate::error::Error for JoinPathsError {}

/// WASI does not say which program runs, and in a macro it would be the compiler.
pub fn current_exe() -> io::Result<PathBuf> {
    Err(macro_host::refused(Refusal::CurrentExe, ""))
}

/// The home directory if `HOME` names it: WASI has no list of users.
pub fn home_dir() -> Option<PathBuf> {
    env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

pub fn temp_dir() -> PathBuf {
    env::var_os("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from)
}
