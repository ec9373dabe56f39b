//! WASI preview 1 as far as a macro gets it: environment, randomness and the standard streams, and below them clocks and files to read.
//!
//! Layouts and numbers are those of <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>. A pointer out
//! of bounds is answered by [`Errno::FAULT`].

pub(crate) mod clocks;
pub(crate) mod files;

use std::io::{self, IsTerminal, SeekFrom};
use std::ops::Range;

use rustc_wasm_proc_macro_api::policy::Wanted;
use wasmtime::Caller;

use crate::errno::Errno;
use crate::fault::{FaultKind, Stop};
use crate::guest::{Guest, memory_and_guest, range};
use crate::output::{self, Stream};

/// What a function returns to the guest: 0 or an error code; or a fault that ends the expansion.
type Answer = wasmtime::Result<u32>;

const SUCCESS: u32 = 0;

/// A preview-1 file type: a terminal or its like.
const CHARACTER_DEVICE: u8 = 2;

/// Rights of a descriptor, as bits.
const FD_READ: u64 = 1 << 1;
const FD_SEEK: u64 = 1 << 2;
const FD_TELL: u64 = 1 << 5;
const FD_WRITE: u64 = 1 << 6;

/// The longest path, in bytes.
const PATH_LIMIT: u32 = 4096;

/// The most random bytes of one call: no call may take long, since nothing interrupts it.
const RANDOM_LIMIT: u32 = 16 << 20;

/// The most buffers of one call that are read into or written, as for most systems.
const BUFFER_LIMIT: u32 = 1024;

/// A function's body, which may leave with an error code.
fn answer(
    caller: &mut Caller<'_, Guest>,
    body: impl FnOnce(&mut Memory<'_>, &mut Guest) -> Result<(), Errno>,
) -> Answer {
    let (bytes, guest) = memory_and_guest(caller)?;
    Ok(match body(&mut Memory(bytes), guest) {
        Ok(()) => SUCCESS,
        Err(Errno(code)) => code.into(),
    })
}

/// [`answer`], but the body may also end the expansion.
fn answer_or_stop(
    caller: &mut Caller<'_, Guest>,
    body: impl FnOnce(&mut Memory<'_>, &mut Guest) -> Result<(), Failed>,
) -> Answer {
    let (bytes, guest) = memory_and_guest(caller)?;
    match body(&mut Memory(bytes), guest) {
        Ok(()) => Ok(SUCCESS),
        Err(Failed::Errno(Errno(code))) => Ok(code.into()),
        Err(Failed::Stop(stop)) => Err(stop.into()),
    }
}

/// How a function fails.
enum Failed {
    Errno(Errno),
    Stop(Stop),
}

impl From<Errno> for Failed {
    fn from(errno: Errno) -> Failed {
        Failed::Errno(errno)
    }
}

impl From<Stop> for Failed {
    fn from(stop: Stop) -> Failed {
        Failed::Stop(stop)
    }
}

impl From<output::Failed> for Failed {
    fn from(failed: output::Failed) -> Failed {
        match failed {
            output::Failed::Limit(stop) => Failed::Stop(stop),
            output::Failed::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => Failed::Errno(Errno::PIPE),
            output::Failed::Io(_) => Failed::Errno(Errno::IO),
        }
    }
}

/// The guest's memory, checked.
struct Memory<'a>(&'a mut [u8]);

impl Memory<'_> {
    fn range(&self, at: u32, len: u32) -> Result<Range<usize>, Errno> {
        range(self.0.len(), at, len).ok_or(Errno::FAULT)
    }

    fn read<const N: usize>(&self, at: u32) -> Result<[u8; N], Errno> {
        let range = self.range(at, N as u32)?;
        self.0[range].try_into().map_err(|_| Errno::FAULT)
    }

    fn read_u32(&self, at: u32) -> Result<u32, Errno> {
        Ok(u32::from_le_bytes(self.read(at)?))
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::FAULT)?;
        let range = self.range(at, len)?;
        self.0[range].copy_from_slice(bytes);
        Ok(())
    }

    fn write_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    fn write_u64(&mut self, at: u32, value: u64) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }
}

/// The address `count` entries of `size` bytes after `base`.
fn offset(base: u32, count: u32, size: u32) -> Result<u32, Errno> {
    count.checked_mul(size).and_then(|bytes| base.checked_add(bytes)).ok_or(Errno::FAULT)
}

pub(crate) fn args_sizes_get(mut caller: Caller<'_, Guest>, count: u32, size: u32) -> Answer {
    answer(&mut caller, |memory, _| {
        memory.write_u32(count, 0)?;
        memory.write_u32(size, 0)
    })
}

pub(crate) fn args_get(_: Caller<'_, Guest>, _pointers: u32, _bytes: u32) -> Answer {
    Ok(SUCCESS)
}

/// What the guest may see of the compiler's environment, as `KEY=VALUE\0` entries.
fn environment(guest: &Guest) -> Vec<Vec<u8>> {
    let variables = guest.grants().environment().into_iter();
    variables.map(|(key, value)| [key.as_encoded_bytes(), b"=", value.as_encoded_bytes(), b"\0"].concat()).collect()
}

pub(crate) fn environ_sizes_get(mut caller: Caller<'_, Guest>, count: u32, size: u32) -> Answer {
    answer(&mut caller, |memory, guest| {
        // Remembered until `environ_get`, whose buffers the guest makes as large as this function says.
        let environment = environment(guest);
        let entries = guest.environment.insert(environment);
        let bytes = entries.iter().map(Vec::len).sum::<usize>();
        memory.write_u32(count, u32::try_from(entries.len()).map_err(|_| Errno::INVAL)?)?;
        memory.write_u32(size, u32::try_from(bytes).map_err(|_| Errno::INVAL)?)
    })
}

pub(crate) fn environ_get(mut caller: Caller<'_, Guest>, mut pointers: u32, mut bytes: u32) -> Answer {
    answer(&mut caller, |memory, guest| {
        let entries = guest.environment.take().unwrap_or_else(|| environment(guest));
        for entry in entries {
            memory.write_u32(pointers, bytes)?;
            memory.write(bytes, &entry)?;
            pointers = offset(pointers, 1, 4)?;
            bytes = offset(bytes, entry.len() as u32, 1)?;
        }
        Ok(())
    })
}

pub(crate) fn proc_exit(_: Caller<'_, Guest>, code: u32) -> wasmtime::Result<()> {
    Err(Stop(FaultKind::Exit(code.cast_signed())).into())
}

pub(crate) fn sched_yield(caller: Caller<'_, Guest>) -> Answer {
    std::thread::yield_now();
    // A guest that does little else is in the system whenever it is to be interrupted.
    caller.data().check_time()?;
    Ok(SUCCESS)
}

pub(crate) fn random_get(mut caller: Caller<'_, Guest>, buffer: u32, len: u32) -> Answer {
    answer(&mut caller, |memory, _| {
        let range = memory.range(buffer, len)?;
        if len > RANDOM_LIMIT {
            return Err(Errno::INVAL);
        }
        getrandom::fill(&mut memory.0[range]).map_err(|_| Errno::IO)
    })
}

/// Whether a descriptor is a standard stream.
fn is_stream(fd: u32) -> bool {
    fd <= 2
}

/// Whether that stream of the compiler is a terminal: macros color what they write to one.
fn is_terminal(fd: u32) -> bool {
    match fd {
        0 => io::stdin().is_terminal(),
        1 => io::stdout().is_terminal(),
        _ => io::stderr().is_terminal(),
    }
}

/// Closes a file or directory. A stream stays open: it is the compiler's.
pub(crate) fn fd_close(mut caller: Caller<'_, Guest>, fd: u32) -> Answer {
    answer(&mut caller, |_, guest| if is_stream(fd) { Ok(()) } else { guest.files().close(fd) })
}

pub(crate) fn fd_fdstat_get(mut caller: Caller<'_, Guest>, fd: u32, stat: u32) -> Answer {
    answer(&mut caller, |memory, guest| {
        if !is_stream(fd) {
            return memory.write(stat, &files::fdstat(guest.files(), fd)?);
        }
        let mut bytes = [0; 24];
        bytes[0] = CHARACTER_DEVICE;
        let own = if fd == 0 { FD_READ } else { FD_WRITE };
        // By the right to seek, wasi-libc tells such devices from terminals.
        let rights = if is_terminal(fd) { own } else { own | FD_SEEK | FD_TELL };
        bytes[8..16].copy_from_slice(&rights.to_le_bytes());
        memory.write(stat, &bytes)
    })
}

pub(crate) fn fd_filestat_get(mut caller: Caller<'_, Guest>, fd: u32, stat: u32) -> Answer {
    answer(&mut caller, |memory, guest| {
        if !is_stream(fd) {
            return memory.write(stat, &files::fd_filestat(guest.files(), fd)?);
        }
        let mut bytes = [0; 64];
        bytes[16] = CHARACTER_DEVICE;
        memory.write(stat, &bytes)
    })
}

/// Reads a file. Standard input is the compiler's.
pub(crate) fn fd_read(mut caller: Caller<'_, Guest>, fd: u32, buffers: u32, count: u32, read: u32) -> Answer {
    answer(&mut caller, |memory, guest| {
        memory.range(read, 4)?;
        let total = match fd {
            0 => {
                guest.refuse(Wanted::StandardInput);
                return Err(Errno::NOTCAPABLE);
            }
            1 | 2 => return Err(Errno::BADF),
            fd => files::read(memory, guest.files(), fd, buffers, count)?,
        };
        memory.write_u32(read, total)
    })
}

pub(crate) fn fd_seek(mut caller: Caller<'_, Guest>, fd: u32, offset: i64, whence: u32, position: u32) -> Answer {
    answer(&mut caller, |memory, guest| {
        let to = match whence {
            0 => offset.try_into().ok().map(SeekFrom::Start),
            1 => Some(SeekFrom::Current(offset)),
            2 => Some(SeekFrom::End(offset)),
            _ => None,
        };
        // Whether there is such a descriptor comes first, as natively.
        seek(memory, guest, fd, SeekFrom::Current(0), position)?;
        seek(memory, guest, fd, to.ok_or(Errno::INVAL)?, position)
    })
}

pub(crate) fn fd_tell(mut caller: Caller<'_, Guest>, fd: u32, position: u32) -> Answer {
    answer(&mut caller, |memory, guest| seek(memory, guest, fd, SeekFrom::Current(0), position))
}

fn seek(memory: &mut Memory<'_>, guest: &mut Guest, fd: u32, to: SeekFrom, position: u32) -> Result<(), Errno> {
    if is_stream(fd) {
        return Err(Errno::SPIPE);
    }
    let reached = files::seek(guest.files(), fd, to)?;
    memory.write_u64(position, reached)
}

/// Writes to the compiler's own output, a line as soon as it has ended, so that it stands in the right place among the
/// compiler's.
pub(crate) fn fd_write(mut caller: Caller<'_, Guest>, fd: u32, buffers: u32, count: u32, written: u32) -> Answer {
    answer_or_stop(&mut caller, |memory, guest| {
        memory.range(written, 4)?;
        let stream = match fd {
            1 => Stream::Output,
            2 => Stream::Error,
            _ => return Err(Errno::BADF.into()),
        };
        let mut total = 0u32;
        // As by the system, fewer bytes may be written than there are.
        for number in 0..count.min(BUFFER_LIMIT) {
            let buffer = offset(buffers, number, 8)?;
            let len = memory.read_u32(offset(buffer, 4, 1)?)?;
            let bytes = memory.range(memory.read_u32(buffer)?, len)?;
            total = total.checked_add(len).ok_or(Errno::INVAL)?;
            guest.write_output(stream, &memory.0[bytes])?;
        }
        Ok(memory.write_u32(written, total)?)
    })
}
