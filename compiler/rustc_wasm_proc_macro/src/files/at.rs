//! A place in the file system, found without following any link.
//!
//! A path is judged first, and by then its links are resolved. Somebody may put a link there in between; so what is opened is
//! found again directory by directory, and a link is an error.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
pub(crate) use linux::At;
#[cfg(not(target_os = "linux"))]
pub(crate) use other::At;

use super::{DIRECTORY, Entry, UNKNOWN, kind};

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{OsStr, OsString};
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    use rustix::fs::{Dir, FileType, Mode, OFlags, openat, readlinkat};
    use rustix::io::Errno;

    use super::*;

    /// What stands at a place: held, but not opened, which would change something for a device.
    pub(crate) struct At {
        dir: OwnedFd,
        name: OsString,
        handle: File,
    }

    impl At {
        /// What stands at `place`, an absolute path without links and dots.
        pub(crate) fn find(place: &Path) -> io::Result<At> {
            let held = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mut dir = rustix::fs::open("/", held | OFlags::DIRECTORY, Mode::empty())?;
            let parents = place.parent().unwrap_or(Path::new("")).components().skip(1);
            for component in parents {
                dir = openat(&dir, component.as_os_str(), held | OFlags::DIRECTORY, Mode::empty())?;
            }
            let name = place.file_name().unwrap_or(OsStr::new(".")).to_owned();
            let handle = File::from(openat(&dir, &name, held, Mode::empty())?);
            Ok(At { dir, name, handle })
        }

        pub(crate) fn metadata(&self) -> io::Result<Metadata> {
            self.handle.metadata()
        }

        pub(crate) fn read_link(&self) -> io::Result<PathBuf> {
            // Asked of a descriptor, the system says of what is no link that there is nothing.
            let target = readlinkat(&self.handle, "", Vec::new()).map_err(|error| match error {
                Errno::NOENT => Errno::INVAL,
                other => other,
            })?;
            Ok(OsString::from_vec(target.into_bytes()).into())
        }

        /// Opens what stands there now. A pipe or a device that has been put there since is not waited for.
        pub(crate) fn open(&self) -> io::Result<File> {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            Ok(File::from(openat(&self.dir, &self.name, flags, Mode::empty())?))
        }

        /// The entries of `dir`, which [`At::open`] opened at `place`, in the order in which the system has them.
        pub(crate) fn entries(dir: &File, _place: &Path) -> io::Result<Vec<Entry>> {
            let mut entries = Vec::new();
            for entry in Dir::read_from(dir)? {
                let entry = entry?;
                let name = entry.file_name().to_bytes();
                if name == b"." || name == b".." {
                    continue;
                }
                let file_type = match entry.file_type() {
                    // Not every file system says it there.
                    FileType::Unknown => {
                        let handle = openat(
                            dir,
                            OsStr::from_bytes(name),
                            OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
                            Mode::empty(),
                        );
                        handle
                            .ok()
                            .and_then(|handle| File::from(handle).metadata().ok())
                            .map_or(UNKNOWN, |found| kind(found.file_type()))
                    }
                    FileType::Directory => DIRECTORY,
                    FileType::RegularFile => super::super::REGULAR_FILE,
                    FileType::Symlink => super::super::SYMBOLIC_LINK,
                    _ => UNKNOWN,
                };
                entries.push(Entry { name: name.to_vec(), kind: file_type });
            }
            Ok(entries)
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::fs;

    use super::*;

    /// A place, which is looked at by its path: a link to it may come in between, but not at its end.
    pub(crate) struct At {
        place: PathBuf,
        metadata: Metadata,
    }

    impl At {
        pub(crate) fn find(place: &Path) -> io::Result<At> {
            Ok(At { place: place.to_owned(), metadata: fs::symlink_metadata(place)? })
        }

        pub(crate) fn metadata(&self) -> io::Result<Metadata> {
            Ok(self.metadata.clone())
        }

        pub(crate) fn read_link(&self) -> io::Result<PathBuf> {
            fs::read_link(&self.place)
        }

        pub(crate) fn open(&self) -> io::Result<File> {
            if !self.metadata.is_file() && !self.metadata.is_dir() {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            File::open(&self.place)
        }

        pub(crate) fn entries(_dir: &File, place: &Path) -> io::Result<Vec<Entry>> {
            let entries = fs::read_dir(place)?.map(|entry| {
                let entry = entry?;
                let kind = entry.file_type().map_or(UNKNOWN, kind);
                Ok(Entry { name: entry.file_name().into_encoded_bytes(), kind })
            });
            entries.collect()
        }
    }
}
