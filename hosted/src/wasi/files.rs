//! The files of the compiler: below the directories that it is given.
//!
//! Every path is resolved by the system, which is told not to leave the directory (`openat2` with `RESOLVE_BENEATH`), whatever symbolic
//! links say. The compiler makes no links.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat};
use wasmtime::{Caller, Linker, Result as WasmtimeResult};

use super::errno::Errno;
use super::{Bytes, MODULE, answer};
use crate::compiler::{Directory, Guest};

type Result<T = ()> = std::result::Result<T, Errno>;

/// The most descriptors at a time.
const LIMIT: usize = 1 << 12;

/// The longest path, in bytes.
const PATH_LIMIT: u32 = 4096;

/// Rights as bits.
const FD_WRITE: u64 = 1 << 6;
const ALL_RIGHTS: u64 = (1 << 30) - 1;

/// All descriptors, by their numbers.
pub(super) struct Files(Vec<Option<Open>>);

/// What a descriptor is.
enum Open {
    /// Nothing is ever read from it.
    Input,
    Output,
    Error,
    Directory(OpenDirectory),
    /// The file, and whether it may be written.
    File(File, bool),
}

struct OpenDirectory {
    fd: OwnedFd,
    writes: bool,
    /// As what it is given, if it is one of those.
    name: Option<String>,
    /// Its entries, from when they were first asked for.
    entries: Vec<(Vec<u8>, u64, u8)>,
}

impl Files {
    pub(super) fn new(directories: &[Directory]) -> std::result::Result<Files, String> {
        let mut files = vec![Some(Open::Input), Some(Open::Output), Some(Open::Error)];
        for Directory { path, writes } in directories {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let fd = rustix::fs::open(path, flags, Mode::empty())
                .map_err(|error| format!("`{}`: {error}", path.display()))?;
            let name = path.to_str().ok_or_else(|| format!("`{}` is not UTF-8", path.display()))?.to_owned();
            files.push(Some(Open::Directory(OpenDirectory {
                fd,
                writes: *writes,
                name: Some(name),
                entries: Vec::new(),
            })));
        }
        Ok(Files(files))
    }

    fn get(&mut self, fd: u32) -> Result<&mut Open> {
        self.0.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::BADF)
    }

    fn file(&mut self, fd: u32) -> Result<&mut File> {
        match self.get(fd)? {
            Open::File(file, _) => Ok(file),
            Open::Directory(_) => Err(Errno::BADF),
            Open::Input | Open::Output | Open::Error => Err(Errno::SPIPE),
        }
    }

    fn writable(&mut self, fd: u32) -> Result<&mut File> {
        match self.get(fd)? {
            Open::File(file, true) => Ok(file),
            Open::File(_, false) => Err(Errno::BADF),
            _ => Err(Errno::INVAL),
        }
    }

    fn directory(&mut self, fd: u32) -> Result<&mut OpenDirectory> {
        match self.get(fd)? {
            Open::Directory(directory) => Ok(directory),
            _ => Err(Errno::NOTDIR),
        }
    }

    fn add(&mut self, open: Open) -> Result<u32> {
        let place = match self.0.iter().position(Option::is_none) {
            Some(place) => place,
            None if self.0.len() < LIMIT => {
                self.0.push(None);
                self.0.len() - 1
            }
            None => return Err(Errno::NFILE),
        };
        self.0[place] = Some(open);
        u32::try_from(place).map_err(|_| Errno::NFILE)
    }
}

impl OpenDirectory {
    /// Opens what is at `path` below it.
    fn open(&self, path: &[u8], flags: OFlags) -> Result<OwnedFd> {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let path = if path.is_empty() { b"." } else { path };
        // Only a call that makes a file may say its mode.
        let mode = if flags.contains(OFlags::CREATE) { Mode::from_raw_mode(0o666) } else { Mode::empty() };
        // A pipe's other end may never come. Where nothing is opened but a place, the call refuses these flags.
        let waits = if flags.contains(OFlags::PATH) { OFlags::empty() } else { OFlags::NONBLOCK | OFlags::NOCTTY };
        let flags = flags | waits | OFlags::CLOEXEC;
        Ok(rustix::fs::openat2(&self.fd, path, flags, mode, resolve)?)
    }

    /// The directory that `path` names something in, and the name.
    fn parent<'a>(&self, path: &'a [u8]) -> Result<(OwnedFd, &'a [u8])> {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let (parent, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&b"."[..], path),
        };
        if matches!(name, b"" | b"." | b"..") {
            return Err(Errno::INVAL);
        }
        Ok((self.open(parent, OFlags::PATH | OFlags::DIRECTORY)?, name))
    }

    /// [`parent`](OpenDirectory::parent), to change something there.
    fn parent_to_change<'a>(&self, path: &'a [u8]) -> Result<(OwnedFd, &'a [u8])> {
        if self.writes { self.parent(path) } else { Err(Errno::ROFS) }
    }

    fn list(&mut self) -> Result {
        let list = self.open(b".", OFlags::RDONLY | OFlags::DIRECTORY)?;
        let entry = |entry: rustix::io::Result<rustix::fs::DirEntry>| {
            let entry = entry?;
            Ok((entry.file_name().to_bytes().to_vec(), entry.ino(), file_type(entry.file_type())))
        };
        self.entries = rustix::fs::Dir::new(list)?.map(entry).collect::<Result<_>>()?;
        Ok(())
    }
}

fn file_type(kind: FileType) -> u8 {
    match kind {
        FileType::BlockDevice => 1,
        FileType::CharacterDevice => 2,
        FileType::Directory => 3,
        FileType::RegularFile => 4,
        FileType::Symlink => 7,
        _ => 0,
    }
}

/// Defines all functions about files.
pub(super) fn define(linker: &mut Linker<Guest>) -> WasmtimeResult<()> {
    functions! { linker:
        "fd_advise" = |_bytes, wasi, fd: u32, _offset: u64, _len: u64, _advice: u32| wasi.files.file(fd).map(drop);
        "fd_close" = |_bytes, wasi, fd: u32| {
            wasi.files.get(fd)?;
            wasi.files.0[fd as usize] = None;
            Ok(())
        };
        "fd_datasync" = |_bytes, wasi, fd: u32| wasi.files.file(fd).map(drop);
        "fd_sync" = |_bytes, wasi, fd: u32| wasi.files.file(fd).map(drop);
        "fd_fdstat_get" = |bytes, wasi, fd: u32, at: u32| {
            let (kind, rights) = match wasi.files.get(fd)? {
                // Without the rights to seek and tell it is a terminal to WASI's libc.
                Open::Input => (0, 1 << 1),
                Open::Output => (stream_type(io::stdout().is_terminal()), FD_WRITE),
                Open::Error => (stream_type(io::stderr().is_terminal()), FD_WRITE),
                Open::Directory(_) => (3, ALL_RIGHTS),
                Open::File(_, true) => (4, ALL_RIGHTS),
                Open::File(_, false) => (4, ALL_RIGHTS & !FD_WRITE),
            };
            let mut stat = [0; 24];
            stat[0] = kind;
            stat[8..16].copy_from_slice(&rights.to_le_bytes());
            stat[16..].copy_from_slice(&ALL_RIGHTS.to_le_bytes());
            bytes.put(at, &stat)
        };
        "fd_fdstat_set_flags" = |_bytes, wasi, fd: u32, _flags: u32| wasi.files.get(fd).map(drop);
        "fd_filestat_get" = |bytes, wasi, fd: u32, at: u32| {
            let stat = match wasi.files.get(fd)? {
                Open::Input | Open::Output | Open::Error => return bytes.put(at, &[0; 64]),
                Open::Directory(directory) => rustix::fs::fstat(&directory.fd)?,
                Open::File(file, _) => rustix::fs::fstat(&*file)?,
            };
            put_stat(bytes, at, &stat)
        };
        "fd_filestat_set_size" = |_bytes, wasi, fd: u32, size: u64| Ok(wasi.files.writable(fd)?.set_len(size)?);
        "fd_filestat_set_times" = |_bytes, wasi, fd: u32, _accessed: u64, _modified: u64, _flags: u32| {
            wasi.files.writable(fd).map(drop)
        };
        "fd_prestat_get" = |bytes, wasi, fd: u32, at: u32| {
            let Open::Directory(OpenDirectory { name: Some(name), .. }) = wasi.files.get(fd)? else { return Err(Errno::BADF) };
            let len = (name.len() as u32).to_le_bytes();
            bytes.put(at, &[[0; 4], len].concat())
        };
        "fd_prestat_dir_name" = |bytes, wasi, fd: u32, at: u32, len: u32| {
            let Open::Directory(OpenDirectory { name: Some(name), .. }) = wasi.files.get(fd)? else { return Err(Errno::BADF) };
            bytes.put(at, name.as_bytes().get(..len as usize).unwrap_or(name.as_bytes()))
        };
        "fd_read" = |bytes, wasi, fd: u32, list: u32, count: u32, done: u32| {
            if matches!(wasi.files.get(fd)?, Open::Input) { return bytes.put(done, &[0; 4]) }
            let file = wasi.files.file(fd)?;
            transfer(bytes, list, count, done, |buffer, _| Ok(file.read(buffer)?))
        };
        "fd_pread" = |bytes, wasi, fd: u32, list: u32, count: u32, offset: u64, done: u32| {
            let file = wasi.files.file(fd)?;
            transfer(bytes, list, count, done, |buffer, so_far| Ok(file.read_at(buffer, offset + so_far)?))
        };
        "fd_write" = |bytes, wasi, fd: u32, list: u32, count: u32, done: u32| match wasi.files.get(fd)? {
            Open::Output => transfer(bytes, list, count, done, |buffer, _| Ok(io::stdout().lock().write(buffer)?)),
            Open::Error => transfer(bytes, list, count, done, |buffer, _| Ok(io::stderr().lock().write(buffer)?)),
            _ => {
                let file = wasi.files.writable(fd)?;
                transfer(bytes, list, count, done, |buffer, _| Ok(file.write(buffer)?))
            }
        };
        "fd_pwrite" = |bytes, wasi, fd: u32, list: u32, count: u32, offset: u64, done: u32| {
            let file = wasi.files.writable(fd)?;
            transfer(bytes, list, count, done, |buffer, so_far| Ok(file.write_at(buffer, offset + so_far)?))
        };
        "fd_seek" = |bytes, wasi, fd: u32, offset: i64, whence: u32, at: u32| {
            let position = match whence {
                0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::INVAL)?),
                1 => SeekFrom::Current(offset),
                2 => SeekFrom::End(offset),
                _ => return Err(Errno::INVAL),
            };
            let position = wasi.files.file(fd)?.seek(position)?;
            bytes.put(at, &position.to_le_bytes())
        };
        "fd_tell" = |bytes, wasi, fd: u32, at: u32| {
            let position = wasi.files.file(fd)?.stream_position()?;
            bytes.put(at, &position.to_le_bytes())
        };
        "fd_renumber" = |_bytes, wasi, from: u32, to: u32| {
            wasi.files.get(from)?;
            wasi.files.get(to)?;
            wasi.files.0.swap(from as usize, to as usize);
            if from != to { wasi.files.0[from as usize] = None }
            Ok(())
        };
        "fd_readdir" = |bytes, wasi, fd: u32, at: u32, len: u32, cookie: u64, used: u32| {
            let directory = wasi.files.directory(fd)?;
            if cookie == 0 { directory.list()? }
            let mut listing = Vec::new();
            for (index, (name, inode, kind)) in directory.entries.iter().enumerate().skip(usize::try_from(cookie).unwrap_or(usize::MAX)) {
                listing.extend_from_slice(&(index as u64 + 1).to_le_bytes());
                listing.extend_from_slice(&inode.to_le_bytes());
                listing.extend_from_slice(&(name.len() as u32).to_le_bytes());
                listing.extend_from_slice(&u32::from(*kind).to_le_bytes());
                listing.extend_from_slice(name);
                if listing.len() >= len as usize { break }
            }
            listing.truncate(len as usize);
            bytes.put(at, &listing)?;
            bytes.put(used, &(listing.len() as u32).to_le_bytes())
        };
        "path_open" = |bytes, wasi, fd: u32, look: u32, path: u32, len: u32, how: u32, rights: u64, _inheriting: u64, flags: u32, at: u32| {
            let path = path_at(bytes, path, len)?;
            let directory = wasi.files.directory(fd)?;
            let [create, only_directory, exclusive, truncate] = [1, 2, 4, 8].map(|bit| how & bit != 0);
            let writes = rights & FD_WRITE != 0 && !only_directory;
            if (writes || create || truncate) && !directory.writes { return Err(Errno::ROFS) }
            let mut options = if writes || truncate { OFlags::RDWR } else { OFlags::RDONLY };
            options.set(OFlags::CREATE, create);
            options.set(OFlags::DIRECTORY, only_directory);
            options.set(OFlags::EXCL, exclusive);
            options.set(OFlags::TRUNC, truncate);
            options.set(OFlags::APPEND, flags & 1 != 0);
            options.set(OFlags::NOFOLLOW, look & 1 == 0);
            let opened = directory.open(&path, options)?;
            let open = match FileType::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode) {
                FileType::Directory => Open::Directory(OpenDirectory {
                    fd: opened,
                    writes: directory.writes,
                    name: None,
                    entries: Vec::new(),
                }),
                FileType::RegularFile => Open::File(File::from(opened), writes || truncate),
                // Neither pipes nor devices.
                _ => return Err(Errno::ACCES),
            };
            let number = wasi.files.add(open)?;
            bytes.put(at, &number.to_le_bytes())
        };
        "path_filestat_get" = |bytes, wasi, fd: u32, look: u32, path: u32, len: u32, at: u32| {
            let path = path_at(bytes, path, len)?;
            let mut flags = OFlags::PATH;
            flags.set(OFlags::NOFOLLOW, look & 1 == 0);
            let found = wasi.files.directory(fd)?.open(&path, flags)?;
            put_stat(bytes, at, &rustix::fs::fstat(found)?)
        };
        "path_filestat_set_times" = |_bytes, _wasi, _fd: u32, _look: u32, _path: u32, _len: u32, _accessed: u64, _modified: u64, _flags: u32| {
            Err(Errno::NOTSUP)
        };
        "path_create_directory" = |bytes, wasi, fd: u32, path: u32, len: u32| {
            let path = path_at(bytes, path, len)?;
            let (parent, name) = wasi.files.directory(fd)?.parent_to_change(&path)?;
            Ok(rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o777))?)
        };
        "path_unlink_file" = |bytes, wasi, fd: u32, path: u32, len: u32| {
            let path = path_at(bytes, path, len)?;
            let (parent, name) = wasi.files.directory(fd)?.parent_to_change(&path)?;
            Ok(rustix::fs::unlinkat(parent, name, AtFlags::empty())?)
        };
        "path_remove_directory" = |bytes, wasi, fd: u32, path: u32, len: u32| {
            let path = path_at(bytes, path, len)?;
            let (parent, name) = wasi.files.directory(fd)?.parent_to_change(&path)?;
            Ok(rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?)
        };
        "path_rename" = |bytes, wasi, fd: u32, path: u32, len: u32, to: u32, new: u32, new_len: u32| {
            let (path, new) = (path_at(bytes, path, len)?, path_at(bytes, new, new_len)?);
            let (parent, name) = wasi.files.directory(fd)?.parent_to_change(&path)?;
            let (new_parent, new_name) = wasi.files.directory(to)?.parent_to_change(&new)?;
            Ok(rustix::fs::renameat(parent, name, new_parent, new_name)?)
        };
        "path_readlink" = |bytes, wasi, fd: u32, path: u32, len: u32, at: u32, room: u32, used: u32| {
            let path = path_at(bytes, path, len)?;
            let (parent, name) = wasi.files.directory(fd)?.parent(&path)?;
            let target = rustix::fs::readlinkat(parent, name, Vec::new())?;
            let target = target.as_bytes();
            let shown = target.get(..room as usize).unwrap_or(target);
            bytes.put(at, shown)?;
            bytes.put(used, &(shown.len() as u32).to_le_bytes())
        };
        "path_link" = |_bytes, _wasi, _fd: u32, _look: u32, _path: u32, _len: u32, _to: u32, _new: u32, _new_len: u32| Err(Errno::NOTSUP);
        "path_symlink" = |_bytes, _wasi, _path: u32, _len: u32, _fd: u32, _new: u32, _new_len: u32| Err(Errno::NOTSUP);
    }
    Ok(())
}

fn stream_type(is_terminal: bool) -> u8 {
    if is_terminal { 2 } else { 0 }
}

fn path_at(bytes: &Bytes<'_>, pointer: u32, len: u32) -> Result<Vec<u8>> {
    if len > PATH_LIMIT {
        return Err(Errno(37));
    }
    let path = bytes.get(pointer, len)?;
    if path.contains(&0) { Err(Errno::INVAL) } else { Ok(path.to_vec()) }
}

/// Calls `one` for each buffer of a list, with what the calls before it have transferred, until one has transferred less.
fn transfer(
    bytes: &mut Bytes<'_>,
    list: u32,
    count: u32,
    done: u32,
    mut one: impl FnMut(&mut [u8], u64) -> Result<usize>,
) -> Result {
    let mut total = 0;
    for (pointer, len) in bytes.buffers(list, count)? {
        let transferred = one(bytes.get_mut(pointer, len)?, total)?;
        total += transferred as u64;
        if transferred < len as usize {
            break;
        }
    }
    bytes.put(done, &u32::try_from(total).map_err(|_| Errno::INVAL)?.to_le_bytes())
}

fn put_stat(bytes: &mut Bytes<'_>, at: u32, stat: &Stat) -> Result {
    let nanoseconds = |seconds: i64, rest: u64| {
        u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(rest)
    };
    let numbers = [
        stat.st_dev,
        stat.st_ino,
        u64::from(file_type(FileType::from_raw_mode(stat.st_mode))),
        stat.st_nlink,
        u64::try_from(stat.st_size).unwrap_or(0),
        nanoseconds(stat.st_atime, stat.st_atime_nsec),
        nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
        nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
    ];
    bytes.put(at, &numbers.map(u64::to_le_bytes).concat())
}
