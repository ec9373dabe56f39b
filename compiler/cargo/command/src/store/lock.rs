//! Locks on keys, so that of many runs only one builds a module.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::directory::paths_in;

/// The right to build the module of one key, as long as this value lives.
pub(crate) struct BuildLock {
    _file: File,
}

impl BuildLock {
    /// Takes the lock that the file at `path` stands for, and calls `on_wait` first if another process has it.
    pub(super) fn take(path: &Path, on_wait: impl FnOnce()) -> io::Result<BuildLock> {
        let mut on_wait = Some(on_wait);
        loop {
            let file = open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    if let Some(on_wait) = on_wait.take() {
                        on_wait();
                    }
                    file.lock()?;
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // The collector may have removed the file in between. Then a lock on it keeps nobody out.
            if is_still_at(&file, path) {
                return Ok(BuildLock { _file: file });
            }
        }
    }
}

impl BuildLock {
    /// Takes the lock if nobody has it.
    pub(super) fn try_take(path: &Path) -> io::Result<Option<BuildLock>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(is_still_at(&file, path).then_some(BuildLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Removes lock files that nobody holds.
pub(super) fn remove_free(dir: &Path) -> io::Result<()> {
    for path in paths_in(dir)? {
        let Ok(file) = File::open(&path) else { continue };
        // Elsewhere than on Unix nobody could tell that the file was removed.
        if cfg!(unix) && file.try_lock().is_ok() && is_still_at(&file, &path) {
            _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

fn open(path: &Path) -> io::Result<File> {
    let open = || OpenOptions::new().create(true).truncate(false).write(true).open(path);
    match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Somebody has cleared the store, directories and all.
            fs::create_dir_all(path.parent().map(PathBuf::from).unwrap_or_default())?;
            open()
        }
        result => result,
    }
}

/// Whether `path` still leads to the open `file`.
#[cfg(unix)]
pub(super) fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(super) fn is_still_at(_file: &File, path: &Path) -> bool {
    path.exists()
}
