//! Pipes from and to programs that a procedural macro has run: all of their output is there. See
//! `sys::process::macro_command`.

use crate::io::{self, BorrowedCursor, Cursor, IoSlice, IoSliceMut, Read};
use crate::macro_host::{self, Refusal};
use crate::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use crate::sync::{Arc, Mutex, MutexGuard, PoisonError};
use crate::sys::{FromInner, IntoInner};

/// What is still to be read, if it is the reading end. What is written is gone: the program has ended.
#[derive(Debug)]
pub struct Pipe(Arc<Mutex<Cursor<Vec<u8>>>>);

pub fn pipe() -> io::Result<(Pipe, Pipe)> {
    Err(macro_host::refused(Refusal::Other, "a pipe"))
}

impl Pipe {
    /// The reading end of a pipe into which `written` was written.
    pub fn of(written: Vec<u8>) -> Pipe {
        Pipe(Arc::new(Mutex::new(Cursor::new(written))))
    }

    /// The writing end of a pipe.
    pub fn sink() -> Pipe {
        Pipe::of(Vec::new())
    }

    fn rest(&self) -> MutexGuard<'_, Cursor<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn try_clone(&self) -> io::Result<Pipe> {
        Ok(Pipe(Arc::clone(&self.0)))
    }

    pub fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.rest().read(buf)
    }

    pub fn read_buf(&self, buf: BorrowedCursor<'_>) -> io::Result<()> {
        self.rest().read_buf(buf)
    }

    pub fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.rest().read_vectored(bufs)
    }

    pub fn is_read_vectored(&self) -> bool {
        true
    }

    pub fn read_to_end(&self, buf: &mut Vec<u8>) -> io::Result<usize> {
        self.rest().read_to_end(buf)
    }

    pub fn write(&self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    pub fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(bufs.iter().map(|buf| buf.len()).sum())
    }

    pub fn is_write_vectored(&self) -> bool {
        true
    }

    /// Called where a pipe is to be another program's stream.
    pub fn diverge(&self) -> ! {
        no_file()
    }
}

fn no_file() -> ! {
    panic!("the output of a program that a macro runs is no file")
}

impl AsRawFd for Pipe {
    fn as_raw_fd(&self) -> RawFd {
        no_file()
    }
}

impl AsFd for Pipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        no_file()
    }
}

impl IntoRawFd for Pipe {
    fn into_raw_fd(self) -> RawFd {
        no_file()
    }
}

impl FromRawFd for Pipe {
    unsafe fn from_raw_fd(_: RawFd) -> Pipe {
        no_file()
    }
}

impl FromInner<OwnedFd> for Pipe {
    fn from_inner(_: OwnedFd) -> Pipe {
        no_file()
    }
}

impl IntoInner<OwnedFd> for Pipe {
    fn into_inner(self) -> OwnedFd {
        no_file()
    }
}
