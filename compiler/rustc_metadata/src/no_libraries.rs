//! What the crate `libloading` has on systems with dynamic libraries, for WASI, which has none.

use std::convert::Infallible;
use std::fmt;
use std::ops::Deref;
use std::path::Path;

/// A library that is open. There is none.
pub(crate) struct Library(Infallible);

/// A symbol of a library. There is none.
pub(crate) struct Symbol<T>(Infallible, T);

/// Why a library cannot be opened.
#[derive(Debug)]
pub(crate) enum Error {
    Unsupported,
    /// An error of Windows, which the caller knows by name.
    #[expect(dead_code)]
    LoadLibraryExW {},
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this compiler runs in WebAssembly, where there are no dynamic libraries")
    }
}

impl std::error::Error for Error {}

impl Library {
    /// # Errors
    ///
    /// Always.
    ///
    /// # Safety
    ///
    /// It does nothing.
    pub(crate) unsafe fn new(_path: &Path) -> Result<Library, Error> {
        Err(Error::Unsupported)
    }

    /// # Safety
    ///
    /// There is no library to call it of.
    pub(crate) unsafe fn get<T>(&self, _name: &[u8]) -> Result<Symbol<T>, Error> {
        match self.0 {}
    }
}

impl<T> Symbol<T> {
    /// # Safety
    ///
    /// There is no symbol to call it of.
    pub(crate) unsafe fn into_raw(self) -> Self {
        self
    }
}

impl<T> Deref for Symbol<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self.0 {}
    }
}
