//! What is in a file: read, or mapped into memory if that is cheaper.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::ops::Deref;
use std::path::Path;

#[cfg(not(target_family = "wasm"))]
use memmap2::Mmap;

/// Files from this size in bytes on are mapped: for each page that is read into memory instead, the system has to make one. In
/// WebAssembly nothing can be mapped.
#[cfg(not(target_family = "wasm"))]
const MAP_FROM: u64 = 64 * 1024;

/// The contents of a file. They may change while they are here if the file is written to in place.
#[derive(Debug)]
pub struct Contents(Data);

#[derive(Debug)]
enum Data {
    Read(Vec<u8>),
    #[cfg(not(target_family = "wasm"))]
    Mapped(Mmap),
}

impl Contents {
    /// The contents of the file at `path`.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](io::ErrorKind::InvalidInput) if it is a pipe or a device, or the error of the
    /// operation that failed.
    pub fn open(path: &Path) -> io::Result<Contents> {
        Contents::of(&mut open(path)?)
    }

    pub(crate) fn of(file: &mut File) -> io::Result<Contents> {
        #[cfg(not(target_family = "wasm"))]
        {
            let metadata = file.metadata()?;
            if metadata.is_file() && metadata.len() >= MAP_FROM {
                // SAFETY: the mapping is only read, and as bytes. Whoever writes to a file in place while a compiler uses it
                // does to that compilation what he does to it with a library: the compiler maps those on the same terms. Files
                // of the cache are never written to.
                return Ok(Contents(Data::Mapped(unsafe { Mmap::map(&*file)? })));
            }
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Contents(Data::Read(bytes)))
    }
}

/// Opens a file that can be read again, as the compiler reads its modules: first for their names.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // Opening a pipe would wait for its other end, so the type of the file is asked first. Reading a directory fails by itself.
    let kind = fs::metadata(path)?.file_type();
    if kind.is_file() || kind.is_dir() {
        return File::open(path);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file, and only those can be read more than once"))
}

impl Deref for Contents {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Data::Read(bytes) => bytes,
            #[cfg(not(target_family = "wasm"))]
            Data::Mapped(map) => map,
        }
    }
}
