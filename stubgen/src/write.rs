//! Writing a file so that it is there as a whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// The names of temporary files start with this, so that those which a killed process left can be told from entries.
pub(crate) const TEMPORARY_PREFIX: &str = ".stubgen-tmp-";

/// Writes `parts`, one after the other, to a temporary file beside `path` and renames it to `path`.
///
/// On an error the temporary file is removed and whatever stood at `path` is untouched.
///
/// # Errors
///
/// Returns the error of the operation that failed.
pub(crate) fn atomically(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    check_size(parts.iter().map(|part| part.len() as u64).sum())?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    // Temporary files are private by default; these become ordinary files, whose mode the umask decides.
    #[cfg(unix)]
    builder.permissions(<std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    let mut file = builder.tempfile_in(dir)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Fails if this process may not write a file of that many bytes (`ulimit -f`). The system's own error for that comes with a signal
/// which ends the process.
fn check_size(size: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the structure is there for the function to fill in.
        let known = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) } == 0;
        #[allow(clippy::unnecessary_cast, reason = "the type is another one on other systems")]
        if known && size > limit.rlim_cur as u64 {
            return Err(io::Error::from_raw_os_error(libc::EFBIG));
        }
    }
    _ = size;
    Ok(())
}
