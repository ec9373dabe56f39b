//! Where the nested session writes the crate metadata of a stub, for which it needs a path.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A place for one file, which is gone with it.
pub(super) enum Scratch {
    /// A file in memory, by the path that a process has for what it has open. Nothing is left of it if the process is killed,
    /// and no disk can be full.
    Memory(File, PathBuf),
    Directory(TempDir),
}

impl Scratch {
    /// A new place. Where there is no directory for temporary files either, it is in `own`, where the compiler writes its own
    /// metadata, since with a native macro it needs no other.
    pub(super) fn new(own: &Path) -> io::Result<Scratch> {
        match in_memory() {
            Some((file, path)) => Ok(Scratch::Memory(file, path)),
            None => {
                let dir = tempfile::tempdir().or_else(|_| tempfile::tempdir_in(own))?;
                Ok(Scratch::Directory(dir))
            }
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        match self {
            Scratch::Memory(_, path) => path.clone(),
            Scratch::Directory(dir) => dir.path().join("stub.rmeta"),
        }
    }

    /// What was written to [`Scratch::path`].
    pub(super) fn read(mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match &mut self {
            Scratch::Memory(file, _) => {
                file.rewind()?;
                file.read_to_end(&mut bytes)?;
            }
            Scratch::Directory(_) => {
                File::open(self.path())?.read_to_end(&mut bytes)?;
            }
        }
        Ok(bytes)
    }
}

#[cfg(target_os = "linux")]
fn in_memory() -> Option<(File, PathBuf)> {
    use std::os::fd::{AsRawFd as _, FromRawFd as _};

    // SAFETY: the name is a string of C's, and the flag is one of this function's.
    let descriptor = unsafe { libc::memfd_create(c"rustc-stub".as_ptr(), libc::MFD_CLOEXEC) };
    if descriptor < 0 {
        return None;
    }
    // SAFETY: it was opened just now, and nobody else knows it.
    let file = unsafe { File::from_raw_fd(descriptor) };
    // Where `/proc` is not mounted, it has no path.
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    File::options().write(true).open(&path).ok()?;
    Some((file, path))
}

#[cfg(not(target_os = "linux"))]
fn in_memory() -> Option<(File, PathBuf)> {
    None
}

/// Has this thread, and those that it starts, get an error where a file would become larger than `ulimit -f` says. The signal
/// that comes with it would else end the process.
pub(super) fn survive_file_limit() {
    #[cfg(unix)]
    // SAFETY: the set is initialized by the first function, and the others only look at it.
    unsafe {
        let mut signals = std::mem::MaybeUninit::uninit();
        libc::sigemptyset(signals.as_mut_ptr());
        libc::sigaddset(signals.as_mut_ptr(), libc::SIGXFSZ);
        libc::pthread_sigmask(libc::SIG_BLOCK, signals.as_ptr(), std::ptr::null_mut());
    }
}

/// How many bytes of address space this process may have (`ulimit -v`), if somebody has limited them.
pub(super) fn limit_of_address_space() -> Option<u64> {
    #[cfg(unix)]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the structure is there for the function to fill in.
        let known = unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) } == 0;
        if known && limit.rlim_cur != libc::RLIM_INFINITY {
            return Some(limit.rlim_cur as u64);
        }
    }
    None
}
