//! The error codes of WASI preview 1.

use std::io;

/// An error code of preview 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) u16);

impl Errno {
    pub(crate) const ACCES: Errno = Errno(2);
    pub(crate) const BADF: Errno = Errno(8);
    pub(crate) const EXIST: Errno = Errno(20);
    pub(crate) const FAULT: Errno = Errno(21);
    pub(crate) const INVAL: Errno = Errno(28);
    pub(crate) const IO: Errno = Errno(29);
    pub(crate) const ISDIR: Errno = Errno(31);
    pub(crate) const LOOP: Errno = Errno(32);
    pub(crate) const MFILE: Errno = Errno(33);
    pub(crate) const NAMETOOLONG: Errno = Errno(37);
    pub(crate) const NOENT: Errno = Errno(44);
    pub(crate) const NOTDIR: Errno = Errno(54);
    pub(crate) const NOTCAPABLE: Errno = Errno(76);
    pub(crate) const PIPE: Errno = Errno(64);
    pub(crate) const SPIPE: Errno = Errno(70);
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        // Its kind is not stable yet.
        #[cfg(unix)]
        if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
            return Errno::LOOP;
        }
        match error.kind() {
            io::ErrorKind::NotFound => Errno::NOENT,
            io::ErrorKind::PermissionDenied => Errno::ACCES,
            io::ErrorKind::NotADirectory => Errno::NOTDIR,
            io::ErrorKind::IsADirectory => Errno::ISDIR,
            io::ErrorKind::InvalidInput => Errno::INVAL,
            io::ErrorKind::InvalidFilename => Errno::NAMETOOLONG,
            _ => Errno::IO,
        }
    }
}
