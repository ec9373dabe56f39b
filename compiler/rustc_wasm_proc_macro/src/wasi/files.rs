//! The functions of preview 1 that read files and directories.

use std::fs::Metadata;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use rustc_wasm_proc_macro_api::table::path_from;
use wasmtime::Caller;

use super::{Answer, CHARACTER_DEVICE, Errno, Memory, PATH_LIMIT, answer, offset};
use crate::files::{self, Files, Link, Open, Refusal};
use crate::guest::Guest;

/// Bits of `path_open`'s `oflags` that would change something: create, and cut off.
const CHANGING_OFLAGS: u32 = 1 | 8;

/// `path_open`'s `oflags`: only a directory will do.
const OFLAG_DIRECTORY: u32 = 2;

/// Rights that would change something: to write, to allocate and to set the size. wasi-libc asks for the right to set times
/// even where it only reads.
const CHANGING_RIGHTS: u64 = 1 << 6 | 1 << 8 | 1 << 22;

/// `lookupflags`: follow a link at the end of the path.
const FOLLOW: u32 = 1;

/// The most bytes that one call reads from a file.
const READ_LIMIT: u32 = 1 << 30;

/// The path at `ptr`, as the guest writes it.
fn with_path<T>(
    memory: &Memory<'_>,
    ptr: u32,
    len: u32,
    body: impl FnOnce(&Path) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    if len > PATH_LIMIT {
        return Err(Refusal::Failed(Errno::NAMETOOLONG));
    }
    let range = memory.range(ptr, len).map_err(Refusal::Failed)?;
    let bytes = &memory.0[range];
    if bytes.contains(&0) {
        return Err(Refusal::Failed(Errno::INVAL));
    }
    body(path_from(bytes).ok_or(Refusal::Failed(Errno::INVAL))?)
}

/// Turns a refusal into the guest's error code, and remembers a denial.
fn refused<T>(result: Result<T, Refusal>, function: &'static str, guest: &mut Guest) -> Result<T, Errno> {
    result.map_err(|refusal| match refusal {
        Refusal::Failed(errno) => errno,
        Refusal::Denied(path) => {
            guest.deny(function, Some(path.display().to_string()));
            Errno::NOTCAPABLE
        }
    })
}

pub(crate) fn fd_prestat_get(mut caller: Caller<'_, Guest>, fd: u32, prestat: u32) -> Answer {
    answer(&mut caller, |memory, guest| {
        let path = guest.files().preopened(fd).ok_or(Errno::BADF)?;
        memory.write_u32(prestat, 0)?;
        memory.write_u32(offset(prestat, 4, 1)?, path.as_os_str().len() as u32)
    })
}

pub(crate) fn fd_prestat_dir_name(mut caller: Caller<'_, Guest>, fd: u32, name: u32, len: u32) -> Answer {
    answer(&mut caller, |memory, guest| {
        let path = guest.files().preopened(fd).ok_or(Errno::BADF)?.as_os_str().as_encoded_bytes();
        if path.len() > len as usize {
            return Err(Errno::NAMETOOLONG);
        }
        memory.write(name, path)
    })
}

#[allow(clippy::too_many_arguments, reason = "preview 1 has it so")]
pub(crate) fn path_open(
    mut caller: Caller<'_, Guest>,
    fd: u32,
    lookup: u32,
    path: u32,
    len: u32,
    oflags: u32,
    rights: u64,
    _inherited_rights: u64,
    _fdflags: u32,
    opened: u32,
) -> Answer {
    answer(&mut caller, |memory, guest| {
        memory.range(opened, 4)?;
        let found = with_path(memory, path, len, |path| {
            let found = guest.files().find(fd, path, link(lookup));
            // Libraries ask for every right that a descriptor can have; only a file can be written to.
            let changes = oflags & CHANGING_OFLAGS != 0;
            match found {
                Ok(found) if changes || (rights & CHANGING_RIGHTS != 0 && !found.metadata.is_dir()) => {
                    Err(Refusal::Denied(found.path))
                }
                Err(Refusal::Failed(errno)) if changes && errno == Errno::NOENT => {
                    Err(Refusal::Denied(path.to_owned()))
                }
                found => found,
            }
        });
        let found = refused(found, "path_open", guest)?;
        if oflags & OFLAG_DIRECTORY != 0 && !found.metadata.is_dir() {
            return Err(Errno::NOTDIR);
        }
        if found.metadata.is_file() {
            guest.depends_on(&found.path)?;
        }
        let fd = guest.files().open(&found)?;
        memory.write_u32(opened, fd)
    })
}

fn link(lookup: u32) -> Link {
    if lookup & FOLLOW == 0 { Link::Keep } else { Link::Follow }
}

pub(crate) fn path_filestat_get(
    mut caller: Caller<'_, Guest>,
    fd: u32,
    lookup: u32,
    path: u32,
    len: u32,
    stat: u32,
) -> Answer {
    answer(&mut caller, |memory, guest| {
        let found = with_path(memory, path, len, |path| guest.files().find_to_look(fd, path, link(lookup)));
        let found = refused(found, "path_filestat_get", guest)?;
        memory.write(stat, &filestat(&found.metadata))
    })
}

pub(crate) fn path_readlink(
    mut caller: Caller<'_, Guest>,
    fd: u32,
    path: u32,
    len: u32,
    buffer: u32,
    buffer_len: u32,
    used: u32,
) -> Answer {
    answer(&mut caller, |memory, guest| {
        let target = with_path(memory, path, len, |path| {
            let found = guest.files().find_to_look(fd, path, Link::Keep)?;
            Ok(std::fs::read_link(found.canonical())?)
        });
        let target = refused(target, "path_readlink", guest)?;
        let target = target.as_os_str().as_encoded_bytes();
        let target = &target[..target.len().min(buffer_len as usize)];
        memory.write(buffer, target)?;
        memory.write_u32(used, target.len() as u32)
    })
}

/// The 24 bytes of an `fdstat`: what kind of file it is, and that everything harmless may be done with it.
pub(super) fn fdstat(files: &mut Files, fd: u32) -> Result<[u8; 24], Errno> {
    let kind = match files.preopened(fd) {
        Some(_) => files::DIRECTORY,
        None => match files.get(fd)? {
            Open::Dir(_) => files::DIRECTORY,
            Open::File(_) => files::REGULAR_FILE,
        },
    };
    let mut bytes = [0; 24];
    bytes[0] = kind;
    bytes[8..16].copy_from_slice(&(!CHANGING_RIGHTS).to_le_bytes());
    bytes[16..].copy_from_slice(&u64::MAX.to_le_bytes());
    Ok(bytes)
}

pub(super) fn fd_filestat(files: &mut Files, fd: u32) -> Result<[u8; 64], Errno> {
    let metadata = match (files.preopened(fd), fd) {
        (Some(path), _) => path.metadata(),
        (None, fd) => match files.get(fd)? {
            Open::Dir(dir) => dir.path().metadata(),
            Open::File(file) => file.metadata(),
        },
    };
    Ok(filestat(&metadata?))
}

/// The 64 bytes of a `filestat`.
fn filestat(metadata: &Metadata) -> [u8; 64] {
    let mut bytes = [0; 64];
    let mut put = |at: usize, value: u64| bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        put(0, metadata.dev());
        put(8, metadata.ino());
        put(24, metadata.nlink());
    }
    put(32, metadata.len());
    put(40, nanoseconds(metadata.accessed()));
    put(48, nanoseconds(metadata.modified()));
    put(56, nanoseconds(metadata.modified()));
    bytes[16] = match files::kind(metadata.file_type()) {
        files::UNKNOWN => CHARACTER_DEVICE,
        kind => kind,
    };
    bytes
}

/// Nanoseconds since 1970, and 0 for what the system does not know.
fn nanoseconds(time: io::Result<SystemTime>) -> u64 {
    let since = time.ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}

fn file(files: &mut Files, fd: u32) -> Result<&mut std::fs::File, Errno> {
    match files.get(fd)? {
        Open::File(file) => Ok(file),
        Open::Dir(_) => Err(Errno::ISDIR),
    }
}

/// Reads into the guest's buffers until they are full or the file ends.
pub(super) fn read(
    memory: &mut Memory<'_>,
    files: &mut Files,
    fd: u32,
    buffers: u32,
    count: u32,
) -> Result<u32, Errno> {
    let file = file(files, fd)?;
    let mut total = 0;
    for number in 0..count {
        let buffer = offset(buffers, number, 8)?;
        let len = memory.read_u32(offset(buffer, 4, 1)?)?.min(READ_LIMIT - total);
        let range = memory.range(memory.read_u32(buffer)?, len)?;
        let read = file.read(&mut memory.0[range])?;
        total += read as u32;
        if read < len as usize {
            break;
        }
    }
    Ok(total)
}

pub(crate) fn fd_pread(
    mut caller: Caller<'_, Guest>,
    fd: u32,
    buffers: u32,
    count: u32,
    at: u64,
    read_bytes: u32,
) -> Answer {
    answer(&mut caller, |memory, guest| {
        let files = guest.files();
        let before = file(files, fd)?.stream_position()?;
        file(files, fd)?.seek(SeekFrom::Start(at))?;
        let total = read(memory, files, fd, buffers, count);
        file(files, fd)?.seek(SeekFrom::Start(before))?;
        memory.write_u32(read_bytes, total?)
    })
}

pub(super) fn seek(files: &mut Files, fd: u32, to: SeekFrom) -> Result<u64, Errno> {
    Ok(file(files, fd)?.seek(to)?)
}

pub(crate) fn fd_readdir(
    mut caller: Caller<'_, Guest>,
    fd: u32,
    buffer: u32,
    len: u32,
    cookie: u64,
    used: u32,
) -> Answer {
    answer(&mut caller, |memory, guest| {
        memory.range(used, 4)?;
        let range = memory.range(buffer, len)?;
        let Open::Dir(dir) = guest.files().get(fd)? else { return Err(Errno::NOTDIR) };
        let path = dir.path().to_owned();
        let entries = dir.entries()?;
        let mut place = &mut memory.0[range];
        for (number, entry) in entries.iter().enumerate().skip(usize::try_from(cookie).unwrap_or(usize::MAX)) {
            let mut head = [0; 24];
            head[..8].copy_from_slice(&(number as u64 + 1).to_le_bytes());
            head[16..20].copy_from_slice(&(entry.name.len() as u32).to_le_bytes());
            head[20] = entry.kind;
            // What does not fit is cut off, and a full buffer tells the guest to ask again.
            for bytes in [&head[..], &entry.name] {
                let fitting = bytes.len().min(place.len());
                let (now, later) = place.split_at_mut(fitting);
                now.copy_from_slice(&bytes[..fitting]);
                place = later;
            }
            if place.is_empty() {
                break;
            }
        }
        let rest = place.len() as u32;
        guest.depends_on(&path)?;
        memory.write_u32(used, len - rest)
    })
}

/// Advice is welcome and ignored.
pub(crate) fn fd_advise(mut caller: Caller<'_, Guest>, fd: u32, _offset: u64, _len: u64, _advice: u32) -> Answer {
    answer(&mut caller, |_, guest| guest.files().get(fd).map(drop))
}
