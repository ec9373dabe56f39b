//! WASI's error codes.

use std::io;

/// An error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Errno(pub(super) u16);

impl Errno {
    pub(super) const ACCES: Errno = Errno(2);
    pub(super) const BADF: Errno = Errno(8);
    pub(super) const FAULT: Errno = Errno(21);
    pub(super) const INVAL: Errno = Errno(28);
    pub(super) const IO: Errno = Errno(29);
    pub(super) const NFILE: Errno = Errno(41);
    pub(super) const NOTDIR: Errno = Errno(54);
    pub(super) const NOTSUP: Errno = Errno(58);
    pub(super) const ROFS: Errno = Errno(69);
    pub(super) const SPIPE: Errno = Errno(70);
    pub(super) const NOTCAPABLE: Errno = Errno(76);
}

impl From<rustix::io::Errno> for Errno {
    fn from(errno: rustix::io::Errno) -> Errno {
        use rustix::io::Errno as System;
        match errno {
            System::ACCESS => Errno::ACCES,
            System::BADF => Errno::BADF,
            System::BUSY => Errno(10),
            System::DQUOT => Errno(19),
            System::EXIST => Errno(20),
            System::FBIG => Errno(22),
            System::INTR => Errno(27),
            System::INVAL => Errno::INVAL,
            System::ISDIR => Errno(31),
            System::LOOP => Errno(32),
            System::NAMETOOLONG => Errno(37),
            System::NFILE | System::MFILE => Errno::NFILE,
            System::NOENT => Errno(44),
            System::NOSPC => Errno(51),
            System::NOTDIR => Errno::NOTDIR,
            System::NOTEMPTY => Errno(55),
            System::PERM => Errno(63),
            System::PIPE => Errno(64),
            System::ROFS => Errno::ROFS,
            System::SPIPE => Errno::SPIPE,
            // What leads out of a directory.
            System::XDEV => Errno::NOTCAPABLE,
            _ => Errno::IO,
        }
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        error.raw_os_error().map_or(Errno::IO, |code| rustix::io::Errno::from_raw_os_error(code).into())
    }
}
