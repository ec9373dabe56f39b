//! Files and directories that a macro may read: those of its user's package, and what the package's build script wrote.
//!
//! A guest names paths as the compiler does: absolute, or relative to the compiler's working directory, which is the second
//! of its two preopened directories. Whether a path may be read is decided by where it leads once every link is resolved.

use std::fs::{self, File, FileType, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};

use rustc_wasm_proc_macro_api::readable::Readable;

use crate::wasi::Errno;

/// The first descriptor that is no standard stream: the root directory, preopened.
const ROOT: u32 = 3;

/// The working directory, preopened.
const WORKING_DIR: u32 = 4;

/// The most descriptors that a guest may have open. The compiler as a whole usually has 1024, and an instance keeps what its
/// guest forgets to close.
const DESCRIPTOR_LIMIT: usize = 128;

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
        // As for the system, what ends so is no link but the directory that the link leads to.
        let end = path.as_os_str().as_encoded_bytes();
        let link = if end.ends_with(b"/") || end.ends_with(b"/.") { Link::Follow } else { link };
        let resolved = match (link, path.file_name(), path.parent()) {
            (Link::Keep, Some(name), Some(parent)) => fs::canonicalize(parent).map(|parent| parent.join(name)),
            _ => fs::canonicalize(&path),
        };
        // Whether something is there is nobody's business where nothing may be read. Without `..` a place that may be read
        // lies in one.
        let goes_back = path.components().any(|component| component == Component::ParentDir);
        match resolved {
            Ok(canonical) if !goes_back => Ok((path, canonical)),
            _ if !self.readable.allows_way(&path) => Err(Refusal::Denied(path)),
            Ok(canonical) => Ok((path, canonical)),
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

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use super::{DESCRIPTOR_LIMIT, Files, Link, ROOT, Readable, Refusal};
    use crate::wasi::Errno;

    /// A directory whose path has no links.
    fn directory() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        (dir, path)
    }

    fn files(root: &Path) -> Files {
        let readable = Readable::new([root.to_owned()].into_iter(), Path::new("/"));
        Files::new(Box::leak(Box::new(readable)))
    }

    /// Whether a guest may know what kind of file that is.
    fn may_look(files: &Files, path: &Path) -> bool {
        match files.find_to_look(ROOT, path, Link::Keep) {
            Ok(_) => true,
            Err(Refusal::Denied(_)) => false,
            Err(Refusal::Failed(errno)) => panic!("{errno:?}"),
        }
    }

    #[test]
    fn every_directory_between_two_links_may_be_looked_at() {
        // `canonicalize` in a guest asks for each component of each link on its way.
        let (_dir, dir) = directory();
        for name in ["home", "mnt/disk/other", "data/real", "aside"] {
            fs::create_dir_all(dir.join(name)).unwrap();
        }
        symlink(dir.join("mnt/disk/link"), dir.join("home/project")).unwrap();
        symlink("other/.././../../data/real", dir.join("mnt/disk/link")).unwrap();
        let files = files(&dir.join("home/project"));
        for name in ["", "home", "home/project", "mnt", "mnt/disk", "mnt/disk/link", "mnt/disk/other", "data"] {
            assert!(may_look(&files, &dir.join(name)), "{name}");
        }
        assert!(files.find(ROOT, &dir.join("home/project"), Link::Follow).is_ok());
        // To look at a directory is not to look into it, and what lies beside the way is nobody's business.
        for name in ["aside", "mnt/disk/other/.."] {
            assert!(files.find(ROOT, &dir.join(name), Link::Follow).is_err(), "{name}");
        }
        assert!(!may_look(&files, &dir.join("aside")));
    }

    #[test]
    fn links_in_a_circle_have_an_end() {
        let (_dir, dir) = directory();
        symlink(dir.join("two"), dir.join("one")).unwrap();
        symlink(dir.join("one"), dir.join("two")).unwrap();
        assert!(may_look(&files(&dir.join("one")), &dir.join("two")));
    }

    #[test]
    fn nothing_tells_whether_something_is_there_that_may_not_be_read() {
        // On a way there and back, by `..` or by a link, success would say as much as an error.
        let (_dir, dir) = directory();
        for name in ["package", "home/secret"] {
            fs::create_dir_all(dir.join(name)).unwrap();
        }
        for name in ["package/file", "home/file"] {
            fs::write(dir.join(name), "").unwrap();
        }
        symlink(dir.join("home"), dir.join("package/link")).unwrap();
        let files = files(&dir.join("package"));
        for name in ["secret", "file", "missing"] {
            for path in [format!("home/{name}/../../package/file"), format!("package/link/{name}")] {
                for link in [Link::Keep, Link::Follow] {
                    let found = files.find_to_look(ROOT, &dir.join(&path), link);
                    assert!(matches!(found, Err(Refusal::Denied(_))), "{path}");
                }
            }
        }
        // Within the package both are answered.
        assert!(may_look(&files, &dir.join("package/../package/file")));
        assert!(may_look(&files, &dir.join("package/./file")));
        let found = files.find(ROOT, &dir.join("package/missing/../file"), Link::Follow);
        assert!(matches!(found, Err(Refusal::Failed(Errno::NOENT))));
    }

    #[test]
    fn a_link_with_a_slash_behind_it_is_the_directory_that_it_leads_to() {
        // As natively; and `link/.` is another way to say so.
        let (_dir, dir) = directory();
        fs::create_dir(dir.join("real")).unwrap();
        fs::write(dir.join("file"), "").unwrap();
        symlink("real", dir.join("link")).unwrap();
        let files = files(&dir);
        for (name, is_link) in [("link", true), ("link/", false), ("link//", false), ("link/.", false)] {
            let found = files.find_to_look(ROOT, &dir.join(name), Link::Keep).ok().unwrap();
            assert_eq!((found.metadata.is_symlink(), found.metadata.is_dir()), (is_link, !is_link), "{name}");
        }
        let found = files.find_to_look(ROOT, &dir.join("file/"), Link::Keep);
        assert!(matches!(found, Err(Refusal::Failed(Errno::NOTDIR))));
    }

    #[test]
    fn a_guest_that_closes_nothing_leaves_descriptors_to_the_compiler() {
        // Of 1024, which is the usual limit for all that a compiler has open.
        let (_dir, dir) = directory();
        fs::write(dir.join("file"), "").unwrap();
        let mut files = files(&dir);
        let found = files.find(ROOT, &dir.join("file"), Link::Follow).ok().unwrap();
        let opened = (0..1024).map_while(|_| files.open(&found).ok()).collect::<Vec<_>>();
        assert_eq!(opened.len(), DESCRIPTOR_LIMIT);
        assert!(opened.len() <= 256);
        assert_eq!(files.open(&found), Err(Errno::MFILE));
        files.close(opened[7]).unwrap();
        assert_eq!(files.open(&found), Ok(opened[7]));
    }
}
