//! One entry: a payload and the trailer that vouches for it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;

use crate::Contents;

/// The end of every entry; its digit is the version of the cache's format.
const MAGIC: [u8; 8] = *b"wpmcach1";

/// The trailer's size: checksum, payload length, magic, of eight bytes each.
const TRAILER_LEN: usize = 24;

/// An entry of the cache, found whole.
#[derive(Debug)]
pub struct Entry {
    path: PathBuf,
    contents: Contents,
    payload_len: usize,
}

/// The trailer of `payload`: its XXH3-64 and its length in bytes, both little-endian, and the magic.
pub(super) fn trailer(payload: &[u8]) -> [u8; TRAILER_LEN] {
    let mut trailer = [0; TRAILER_LEN];
    trailer[..8].copy_from_slice(&XxHash3_64::oneshot(payload).to_le_bytes());
    trailer[8..16].copy_from_slice(&(payload.len() as u64).to_le_bytes());
    trailer[16..].copy_from_slice(&MAGIC);
    trailer
}

impl Entry {
    /// The file. Its payload comes first, at offset 0; the trailer follows.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The payload's length in bytes.
    pub fn payload_len(&self) -> usize {
        self.payload_len
    }

    /// The payload. If it is large it is mapped from the file, and then starts at a page.
    pub fn bytes(&self) -> &[u8] {
        &self.contents[..self.payload_len]
    }

    /// Opens and verifies the entry at `path`. `Ok(None)` is one that is damaged.
    pub(super) fn open(path: &Path) -> io::Result<Option<(Entry, File)>> {
        // Opening a pipe would wait for its other end, so the type of the file is asked first.
        if !fs::metadata(path)?.is_file() {
            return Ok(None);
        }
        let mut file = File::open(path)?;
        let contents = Contents::of(&mut file)?;
        let Some((payload, found)) = contents.split_last_chunk::<TRAILER_LEN>() else { return Ok(None) };
        // The cheap parts are compared first.
        let whole = found[16..] == MAGIC
            && found[8..16] == (payload.len() as u64).to_le_bytes()
            && found[..8] == XxHash3_64::oneshot(payload).to_le_bytes();
        let payload_len = payload.len();
        Ok(whole.then(|| (Entry { path: path.to_owned(), contents, payload_len }, file)))
    }
}

impl AsRef<[u8]> for Entry {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}
