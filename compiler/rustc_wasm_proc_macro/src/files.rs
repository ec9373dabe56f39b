//! Files and directories that a macro may read: those of its user's package, and what the package's build script wrote.
//!
//! A guest names paths as the compiler does: absolute, or relative to the compiler's working directory, which is the second
//! of its two preopened directories. Whether a path may be read is decided by where it leads once every link is resolved.

use std::fs::{self, File, FileType, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use crate::wasi::Errno;

/// The first descriptor that is no standard stream: the root directory, preopened.
const ROOT: u32 = 3;

/// The working directory, preopened.
const WORKING_DIR: u32 = 4;

/// The most descriptors that a guest may have open.
const DESCRIPTOR_LIMIT: usize = 1024;

/// What a guest has open.
pub(crate) struct Files {
    readable: &'static Readable,
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
    canonical: PathBuf,
    pub(crate) metadata: Metadata,
}

impl Found {
    fn new(path: PathBuf, canonical: PathBuf) -> Result<Found, Refusal> {
        Ok(Found { metadata: fs::symlink_metadata(&canonical)?, path, canonical })
    }

    pub(crate) fn canonical(&self) -> &Path {
        &self.canonical
    }
}

/// Why a guest may not use a path.
pub(crate) enum Refusal {
    /// It lies elsewhere. The path as the guest means it.
    Denied(PathBuf),
    Failed(Errno),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal::Failed(error.into())
    }
}

/// The directories that may be read, and with them everything below.
#[derive(Debug)]
pub(crate) struct Readable {
    /// As they are written, and with links resolved.
    roots: Vec<PathBuf>,
    /// Where links lead is looked up on the way to them, and to the working directory.
    ways: Vec<PathBuf>,
}

impl Readable {
    /// What Cargo says of the package being compiled; without Cargo, the working directory.
    pub(crate) fn of_process() -> &'static Readable {
        static READABLE: OnceLock<Readable> = OnceLock::new();
        READABLE.get_or_init(Readable::from_environment)
    }

    fn from_environment() -> Readable {
        let working_dir = std::env::current_dir().unwrap_or_default();
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| working_dir.clone(), PathBuf::from);
        let out_dir = std::env::var_os("OUT_DIR").map(PathBuf::from);
        let roots = [Some(package), out_dir].into_iter().flatten().map(|root| working_dir.join(root));
        Readable::new(roots, &working_dir)
    }

    fn new(roots: impl Iterator<Item = PathBuf>, working_dir: &Path) -> Readable {
        let both = |path: PathBuf| {
            let canonical = fs::canonicalize(&path).ok();
            [Some(lexical(&path)), canonical].into_iter().flatten()
        };
        // A root of no components would be everything.
        let roots: Vec<PathBuf> = roots.flat_map(both).filter(|root| root.parent().is_some()).collect();
        let mut ways = roots.clone();
        ways.extend(both(working_dir.to_owned()));
        Readable { roots, ways }
    }

    /// Whether `path`, which has no links and no dots, may be read.
    fn allows(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    /// Whether it is on the way to what may be read, so that what kind of file it is and where it leads may be known.
    fn is_on_the_way(&self, path: &Path) -> bool {
        self.ways.iter().any(|way| way.starts_with(path))
    }
}

/// What to do with a link at the end of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    Follow,
    Keep,
}

impl Files {
    pub(crate) fn new(readable: &'static Readable) -> Files {
        Files { readable, working_dir: std::env::current_dir().unwrap_or_default(), open: Vec::new() }
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

    /// Opens what was found, and returns its descriptor.
    pub(crate) fn open(&mut self, found: &Found) -> Result<u32, Errno> {
        let open = match &found.metadata {
            metadata if metadata.is_dir() => Open::Dir(Dir { path: found.path.clone(), entries: None }),
            metadata if metadata.is_file() => Open::File(File::open(&found.canonical)?),
            // Opening a pipe would wait for its other end.
            _ => return Err(Errno::NOTCAPABLE),
        };
        let place = self.open.iter().position(Option::is_none).unwrap_or(self.open.len());
        if place >= DESCRIPTOR_LIMIT {
            return Err(Errno::MFILE);
        }
        if place == self.open.len() {
            self.open.push(None);
        }
        self.open[place] = Some(open);
        Ok(place as u32 + WORKING_DIR + 1)
    }

    /// The file or directory at `path`, as seen from the directory `fd`, if its content may be read.
    pub(crate) fn find(&self, fd: u32, path: &Path, link: Link) -> Result<Found, Refusal> {
        let (path, canonical) = self.resolve(fd, path, link)?;
        if self.readable.allows(&canonical) {
            return Found::new(path, canonical);
        }
        Err(Refusal::Denied(path))
    }

    /// [`Files::find`] for those who only want to know what kind of file it is or where a link leads.
    pub(crate) fn find_to_look(&self, fd: u32, path: &Path, link: Link) -> Result<Found, Refusal> {
        let (path, canonical) = self.resolve(fd, path, link)?;
        if self.readable.allows(&canonical) || self.readable.is_on_the_way(&canonical) {
            return Found::new(path, canonical);
        }
        Err(Refusal::Denied(path))
    }

    /// A path as the guest means it, and with its links resolved: all of them, or all but the last.
    fn resolve(&self, fd: u32, path: &Path, link: Link) -> Result<(PathBuf, PathBuf), Refusal> {
        let base = match (self.preopened(fd), fd.checked_sub(WORKING_DIR + 1)) {
            (Some(path), _) => path,
            (None, Some(place)) => match self.open.get(place as usize) {
                Some(Some(Open::Dir(dir))) => &dir.path,
                Some(Some(Open::File(_))) => return Err(Refusal::Failed(Errno::NOTDIR)),
                _ => return Err(Refusal::Failed(Errno::BADF)),
            },
            _ => return Err(Refusal::Failed(Errno::BADF)),
        };
        let path = base.join(path);
        let resolved = match (link, path.file_name(), path.parent()) {
            (Link::Keep, Some(name), Some(parent)) => fs::canonicalize(parent).map(|parent| parent.join(name)),
            _ => fs::canonicalize(&path),
        };
        match resolved {
            Ok(canonical) => Ok((path, canonical)),
            // Whether something is there is nobody's business where nothing may be read.
            Err(_) if !self.readable.allows(&lexical(&path)) => Err(Refusal::Denied(path)),
            Err(error) => Err(error.into()),
        }
    }
}

impl Dir {
    /// Where the directory is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The entries, in the order in which the system has them: as a native macro sees them.
    pub(crate) fn entries(&mut self) -> io::Result<&[Entry]> {
        if self.entries.is_none() {
            let dot = |name: &[u8]| Entry { name: name.to_vec(), kind: DIRECTORY };
            let mut entries = vec![dot(b"."), dot(b"..")];
            for entry in fs::read_dir(&self.path)? {
                let entry = entry?;
                let kind = entry.file_type().map_or(UNKNOWN, kind);
                entries.push(Entry { name: entry.file_name().into_encoded_bytes(), kind });
            }
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

/// The path without `.` and `..`, as if there were no links.
fn lexical(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = result.pop(),
            other => result.push(other),
        }
    }
    result
}
