//! Files and directories that a macro may read: those of its user's package, and what the package's build script wrote.
//!
//! A guest names paths as the compiler does: absolute, or relative to the compiler's working directory, which is the second
//! of its two preopened directories. Whether a path may be read is decided by where it leads once every link is resolved.

mod at;

use std::fs::{File, FileType, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustc_wasm_proc_macro_api::readable::{Link, Readable, Unresolved};
use stubgen::lexical;

use crate::errno::Errno;
use at::At;

/// The first descriptor that is no standard stream: the root directory, preopened.
const ROOT: u32 = 3;

/// The working directory, preopened.
const WORKING_DIR: u32 = 4;

/// The most descriptors that a guest may have open. The compiler as a whole usually has 1024, and an instance keeps what its
/// guest forgets to close.
const DESCRIPTOR_LIMIT: usize = 128;

/// What a guest has open.
pub(crate) struct Files {
    readable: Arc<Readable>,
    working_dir: PathBuf,
    /// From descriptor [`WORKING_DIR`] + 1 on.
    open: Vec<Option<Open>>,
}

/// An open descriptor.
pub(crate) enum Open {
    File(File),
    Dir(Dir),
}

/// A directory, and its entries once somebody has asked for them.
pub(crate) struct Dir {
    path: PathBuf,
    place: PathBuf,
    handle: File,
    entries: Option<Vec<Entry>>,
}

/// One entry of a directory.
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: u8,
}

/// A path that a guest may use.
pub(crate) struct Found {
    /// As the guest means it.
    pub(crate) path: PathBuf,
    /// With its links resolved.
    pub(crate) place: PathBuf,
    pub(crate) metadata: Metadata,
    at: At,
}

impl Found {
    fn new(path: PathBuf, place: PathBuf) -> Result<Found, Refusal> {
        let at = At::find(&place)?;
        Ok(Found { metadata: at.metadata()?, path, place, at })
    }

    /// Where a link leads.
    pub(crate) fn read_link(&self) -> Result<PathBuf, Refusal> {
        Ok(self.at.read_link()?)
    }
}

/// Why a guest may not use a path.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It leads elsewhere: there.
    Denied(PathBuf),
    Failed(Errno),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal::Failed(error.into())
    }
}

impl From<Unresolved> for Refusal {
    fn from(unresolved: Unresolved) -> Refusal {
        match unresolved {
            Unresolved::Denied(place) => Refusal::Denied(place),
            Unresolved::Failed(error) => error.into(),
        }
    }
}

/// What the compiler is to call a file that the guest calls `path`, and which lies at `place`: as the guest does, unless that
/// says nothing to people.
pub(crate) fn tidy(path: &Path, place: &Path) -> PathBuf {
    match path.components().any(|component| component == Component::ParentDir) {
        true => place.to_owned(),
        false => lexical(path),
    }
}

impl Files {
    pub(crate) fn new(readable: Arc<Readable>) -> Files {
        Files { readable, working_dir: std::env::current_dir().unwrap_or_default(), open: Vec::new() }
    }

    /// The compiler's working directory.
    pub(crate) fn working_dir(&self) -> &Path {
        &self.working_dir
    }

    /// The path of a preopened directory.
    pub(crate) fn preopened(&self, fd: u32) -> Option<&Path> {
        match fd {
            ROOT => Some(Path::new("/")),
            WORKING_DIR if self.working_dir.is_absolute() => Some(&self.working_dir),
            _ => None,
        }
    }

    /// The descriptor that was opened as `fd`.
    pub(crate) fn get(&mut self, fd: u32) -> Result<&mut Open, Errno> {
        self.slot(fd)?.as_mut().ok_or(Errno::BADF)
    }

    fn slot(&mut self, fd: u32) -> Result<&mut Option<Open>, Errno> {
        let place = fd.checked_sub(WORKING_DIR + 1).ok_or(Errno::BADF)?;
        self.open.get_mut(place as usize).ok_or(Errno::BADF)
    }

    pub(crate) fn close(&mut self, fd: u32) -> Result<(), Errno> {
        // wasi-libc keeps the preopened directories for itself; closing them does nothing.
        if self.preopened(fd).is_some() {
            return Ok(());
        }
        self.slot(fd)?.take().map(drop).ok_or(Errno::BADF)
    }

    /// Opens what was found, and returns its descriptor. [`Errno::NOTCAPABLE`] for what is no file and no directory.
    pub(crate) fn open(&mut self, found: &Found) -> Result<u32, Errno> {
        if !found.metadata.is_file() && !found.metadata.is_dir() {
            return Err(Errno::NOTCAPABLE);
        }
        let slot = self.open.iter().position(Option::is_none).unwrap_or(self.open.len());
        if slot >= DESCRIPTOR_LIMIT {
            return Err(Errno::MFILE);
        }
        let handle = found.at.open()?;
        let open = match handle.metadata()? {
            metadata if metadata.is_file() => Open::File(handle),
            metadata if metadata.is_dir() => {
                Open::Dir(Dir { path: found.path.clone(), place: found.place.clone(), handle, entries: None })
            }
            _ => return Err(Errno::NOTCAPABLE),
        };
        if slot == self.open.len() {
            self.open.push(None);
        }
        self.open[slot] = Some(open);
        Ok(slot as u32 + WORKING_DIR + 1)
    }

    /// The file or directory at `path`, as seen from the directory `fd`, if its content may be read.
    pub(crate) fn find(&self, fd: u32, path: &Path, link: Link) -> Result<Found, Refusal> {
        let (path, place) = self.resolve(fd, path, link)?;
        if self.readable.allows(&place) { Found::new(path, place) } else { Err(Refusal::Denied(place)) }
    }

    /// [`Files::find`] for those who only want to know what kind of file it is or where a link leads.
    pub(crate) fn find_to_look(&self, fd: u32, path: &Path, link: Link) -> Result<Found, Refusal> {
        let (path, place) = self.resolve(fd, path, link)?;
        Found::new(path, place)
    }

    /// The place at which `path` would be made, if there is a directory for it.
    pub(crate) fn find_to_make(&self, fd: u32, path: &Path) -> Option<PathBuf> {
        let path = self.base(fd).ok()?.1.join(path);
        let parent = self.readable.resolve(path.parent()?, Link::Follow).ok()?;
        let is_dir = At::find(&parent).and_then(|at| at.metadata()).is_ok_and(|metadata| metadata.is_dir());
        is_dir.then_some(parent.join(path.file_name()?))
    }

    /// A path as the guest means it, and where it leads.
    fn resolve(&self, fd: u32, path: &Path, link: Link) -> Result<(PathBuf, PathBuf), Refusal> {
        let (meant, base) = self.base(fd).map_err(Refusal::Failed)?;
        let place = self.readable.resolve(&base.join(path), link)?;
        Ok((meant.join(path), place))
    }

    /// The path of the directory `fd` as the guest means it, and with its links resolved.
    fn base(&self, fd: u32) -> Result<(&Path, &Path), Errno> {
        match (self.preopened(fd), fd.checked_sub(WORKING_DIR + 1)) {
            (Some(path), _) => Ok((path, path)),
            (None, Some(slot)) => match self.open.get(slot as usize) {
                Some(Some(Open::Dir(dir))) => Ok((&dir.path, &dir.place)),
                Some(Some(Open::File(_))) => Err(Errno::NOTDIR),
                _ => Err(Errno::BADF),
            },
            _ => Err(Errno::BADF),
        }
    }
}

impl Dir {
    /// Where the directory is, as the guest means it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the directory is.
    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.handle.metadata()
    }

    /// The entries, in the order in which the system has them: as a native macro sees them.
    pub(crate) fn entries(&mut self) -> io::Result<&[Entry]> {
        if self.entries.is_none() {
            let dot = |name: &[u8]| Entry { name: name.to_vec(), kind: DIRECTORY };
            let mut entries = vec![dot(b"."), dot(b"..")];
            entries.extend(At::entries(&self.handle, &self.place)?);
            self.entries = Some(entries);
        }
        Ok(self.entries.as_deref().unwrap_or_default())
    }
}

/// File types of preview 1.
pub(crate) const UNKNOWN: u8 = 0;
pub(crate) const DIRECTORY: u8 = 3;
pub(crate) const REGULAR_FILE: u8 = 4;
const SYMBOLIC_LINK: u8 = 7;

/// A file type in preview 1's numbers.
pub(crate) fn kind(ty: FileType) -> u8 {
    match ty {
        ty if ty.is_dir() => DIRECTORY,
        ty if ty.is_file() => REGULAR_FILE,
        ty if ty.is_symlink() => SYMBOLIC_LINK,
        _ => UNKNOWN,
    }
}

#[cfg(all(test, unix))]
mod tests;
