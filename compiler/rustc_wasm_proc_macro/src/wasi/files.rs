//! The functions of preview 1 that read files and directories, and those that would change some.

use std::fs::Metadata;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustc_wasm_proc_macro_api::policy::Wanted;
use rustc_wasm_proc_macro_api::readable::Link;
use rustc_wasm_proc_macro_api::table::path_from;
use wasmtime::Caller;

use super::{Answer, BUFFER_LIMIT, CHARACTER_DEVICE, Memory, PATH_LIMIT, answer, offset};
use crate::errno::Errno;
use crate::fault::Stop;
use crate::files::{self, Files, Found, Open, Refusal};
use crate::guest::{Guest, memory_and_guest};

/// Bits of `path_open`'s `oflags`: create; only a directory will do; only a new file will do; cut off.
const OFLAG_CREATE: u32 = 1;
const OFLAG_DIRECTORY: u32 = 2;
const OFLAG_EXCLUSIVE: u32 = 4;
const OFLAG_TRUNCATE: u32 = 8;

/// Rights that would change something: to write, to allocate and to set the size. wasi-libc asks for the right to set times
/// even where it only reads.
const CHANGING_RIGHTS: u64 = 1 << 6 | 1 << 8 | 1 << 22;

/// `lookupflags`: follow a link at the end of the path.
const FOLLOW: u32 = 1;

/// The most bytes that one call reads from a file.
const READ_LIMIT: u32 = 1 << 30;

/// The path at `ptr`, as the guest writes it.
fn path<'a>(memory: &'a Memory<'_>, ptr: u32, len: u32) -> Result<&'a Path, Errno> {
    if len > PATH_LIMIT {
        return Err(Errno::NAMETOOLONG);
    }
    let bytes = &memory.0[memory.range(ptr, len)?];
    if bytes.is_empty() {
        return Err(Errno::NOENT);
    }
    if bytes.contains(&0) {
        return Err(Errno::INVAL);
    }
    path_from(bytes).ok_or(Errno::INVAL)
}

/// Turns a refusal into the guest's error code, and notes what was wanted at a denied place.
fn refused<T>(result: Result<T, Refusal>, wanted: fn(PathBuf) -> Wanted, guest: &mut Guest) -> Result<T, Errno> {
    result.map_err(|refusal| match refusal {
        Refusal::Failed(errno) => errno,
        Refusal::Denied(place) => {
            guest.refuse(wanted(place));
            Errno::NOTCAPABLE
        }
    })
}

/// What must stand at a path that is to be changed, for the system to do it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    Something,
}

/// What a function returns that would change what `path` names. If the system would not do it either, it says so instead: to
/// make a directory that is there asks for nothing.
pub(crate) fn refuse_change(
    caller: &mut Caller<'_, Guest>,
    fd: u32,
    at: u32,
    len: u32,
    needs: Needs,
) -> Result<Errno, Stop> {
    let (bytes, guest) = memory_and_guest(caller)?;
    let memory = Memory(bytes);
    let files = guest.files();
    let found = match path(&memory, at, len) {
        Err(errno) => Err(Refusal::Failed(errno)),
        Ok(path) => match files.find_to_look(fd, path, Link::Keep) {
            Ok(_) if needs == Needs::Nothing => Err(Refusal::Failed(Errno::EXIST)),
            Ok(found) => Err(Refusal::Denied(found.place)),
            Err(Refusal::Failed(Errno::NOENT)) if needs == Needs::Nothing => {
                Err(files.find_to_make(fd, path).map_or(Refusal::Failed(Errno::NOENT), Refusal::Denied))
            }
            Err(refusal) => Err(refusal),
        },
    };
    Ok(match refused::<()>(found, Wanted::Write, guest) {
        Ok(()) => Errno::NOTCAPABLE,
        Err(errno) => errno,
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
        let path = self::path(memory, path, len)?;
        let changes = oflags & (OFLAG_CREATE | OFLAG_TRUNCATE) != 0;
        let found = match guest.files().find(fd, path, link(lookup)) {
            Ok(_) if oflags & OFLAG_CREATE != 0 && oflags & OFLAG_EXCLUSIVE != 0 => Err(Refusal::Failed(Errno::EXIST)),
            // Libraries ask for every right that a descriptor can have; only a file can be written to.
            Ok(found) if changes || (rights & CHANGING_RIGHTS != 0 && !found.metadata.is_dir()) => {
                let found = refused::<Found>(Err(Refusal::Denied(found.place)), Wanted::Write, guest);
                return found.map(drop);
            }
            Err(Refusal::Failed(Errno::NOENT)) if oflags & OFLAG_CREATE != 0 => {
                let place = guest.files().find_to_make(fd, path).ok_or(Errno::NOENT)?;
                return refused::<Found>(Err(Refusal::Denied(place)), Wanted::Write, guest).map(drop);
            }
            found => found,
        };
        let wanted = match (changes, oflags & OFLAG_DIRECTORY != 0, rights & CHANGING_RIGHTS != 0) {
            (true, ..) | (false, false, true) => Wanted::Write,
            (false, true, _) => Wanted::List,
            (false, false, false) => Wanted::Read,
        };
        let found = refused(found, wanted, guest)?;
        if oflags & OFLAG_DIRECTORY != 0 && !found.metadata.is_dir() {
            return Err(Errno::NOTDIR);
        }
        if found.metadata.is_file() {
            guest.depends_on(&found.path, &found.place)?;
        }
        let fd = guest.files().open(&found).inspect_err(|errno| {
            if *errno == Errno::NOTCAPABLE {
                let path = found.place.display();
                guest.refuse(Wanted::Other(format!("opening `{path}`, which is neither a file nor a directory")));
            }
        })?;
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
        let path = self::path(memory, path, len)?;
        let found = guest.files().find_to_look(fd, path, link(lookup));
        let found = refused(found, Wanted::Read, guest)?;
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
        let path = self::path(memory, path, len)?;
        let target = guest.files().find_to_look(fd, path, Link::Keep).and_then(|found| found.read_link());
        let target = refused(target, Wanted::Read, guest)?;
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
            Open::Dir(dir) => dir.metadata(),
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
    // As by the system, fewer bytes may be read than there is room for.
    for number in 0..count.min(BUFFER_LIMIT) {
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
        let Open::Dir(dir) = guest.files().get(fd)? else {
            return Err(Errno::NOTDIR);
        };
        let (path, place) = (dir.path().to_owned(), dir.place().to_owned());
        let entries = dir.entries()?;
        let mut room = &mut memory.0[range];
        for (number, entry) in entries.iter().enumerate().skip(usize::try_from(cookie).unwrap_or(usize::MAX)) {
            let mut head = [0; 24];
            head[..8].copy_from_slice(&(number as u64 + 1).to_le_bytes());
            head[16..20].copy_from_slice(&(entry.name.len() as u32).to_le_bytes());
            head[20] = entry.kind;
            // What does not fit is cut off, and a full buffer tells the guest to ask again.
            for bytes in [&head[..], &entry.name] {
                let fitting = bytes.len().min(room.len());
                let (now, later) = room.split_at_mut(fitting);
                now.copy_from_slice(&bytes[..fitting]);
                room = later;
            }
            if room.is_empty() {
                break;
            }
        }
        let rest = room.len() as u32;
        guest.depends_on(&path, &place)?;
        memory.write_u32(used, len - rest)
    })
}

/// Advice is welcome and ignored.
pub(crate) fn fd_advise(mut caller: Caller<'_, Guest>, fd: u32, _offset: u64, _len: u64, _advice: u32) -> Answer {
    answer(&mut caller, |_, guest| guest.files().get(fd).map(drop))
}
