//! WASI preview 1 as far as the compiler gets it. Files are in `files`; there are no sockets, no programs and no signals.
//!
//! Layouts and numbers are those of <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>.

/// Defines functions that answer by [`answer`]: their parameters after `=`, and their bodies.
macro_rules! functions {
    ($linker:ident: $($name:literal = |$bytes:ident, $wasi:ident $(, $parameter:ident: $type:ty)*| $body:expr;)*) => {
        $($linker.func_wrap(MODULE, $name, |mut caller: Caller<'_, Guest> $(, $parameter: $type)*| {
            answer(&mut caller, |$bytes, $wasi| $body)
        })?;)*
    };
}

mod errno;
mod files;

use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use errno::Errno;
use files::Files;
use wasmtime::{Caller, Error, Linker, Memory, Result};

use crate::compiler::{Guest, Invocation};

const MODULE: &str = "wasi_snapshot_preview1";

/// The longest wait of one call, since nothing interrupts it. The compiler never waits.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// The most random bytes of one call.
const RANDOM_LIMIT: u32 = 1 << 20;

/// That the compiler has ended by itself, with this exit code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exit(pub(crate) i32);

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {}", self.0)
    }
}

impl std::error::Error for Exit {}

/// What the host knows of a run.
pub(crate) struct Wasi {
    pub(crate) memory: Option<Memory>,
    arguments: Vec<Vec<u8>>,
    environment: Vec<Vec<u8>>,
    files: Files,
    start: Instant,
}

impl Wasi {
    pub(crate) fn new(invocation: &Invocation) -> std::result::Result<Wasi, String> {
        let ended = |text: String| [text.as_bytes(), b"\0"].concat();
        let mut environment = invocation.environment.clone();
        if let Some(directory) = invocation.directories.first() {
            environment.retain(|(name, _)| name != "PWD");
            environment.push(("PWD".to_owned(), directory.path.to_string_lossy().into_owned()));
        }
        Ok(Wasi {
            memory: None,
            arguments: invocation.arguments.iter().cloned().map(ended).collect(),
            environment: environment.iter().map(|(name, value)| ended(format!("{name}={value}"))).collect(),
            files: Files::new(&invocation.directories)?,
            start: Instant::now(),
        })
    }
}

/// The compiler's memory during one call.
struct Bytes<'a>(&'a mut [u8]);

impl Bytes<'_> {
    fn range(&self, pointer: u32, len: u32) -> std::result::Result<Range<usize>, Errno> {
        let start = pointer as usize;
        let end = start.checked_add(len as usize).filter(|end| *end <= self.0.len());
        end.map(|end| start..end).ok_or(Errno::FAULT)
    }

    fn get(&self, pointer: u32, len: u32) -> std::result::Result<&[u8], Errno> {
        self.range(pointer, len).map(|range| &self.0[range])
    }

    fn get_mut(&mut self, pointer: u32, len: u32) -> std::result::Result<&mut [u8], Errno> {
        self.range(pointer, len).map(|range| &mut self.0[range])
    }

    fn put(&mut self, pointer: u32, bytes: &[u8]) -> std::result::Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::FAULT)?;
        self.get_mut(pointer, len).map(|place| place.copy_from_slice(bytes))
    }

    fn number(&self, pointer: u32) -> std::result::Result<u32, Errno> {
        let bytes = self.get(pointer, 4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// The buffers of a list of `count`.
    fn buffers(&self, list: u32, count: u32) -> std::result::Result<Vec<(u32, u32)>, Errno> {
        const LIMIT: u32 = 1024;
        if count > LIMIT {
            return Err(Errno::INVAL);
        }
        let buffer = |index| {
            let at = list.checked_add(index * 8).ok_or(Errno::FAULT)?;
            Ok((self.number(at)?, self.number(at.checked_add(4).ok_or(Errno::FAULT)?)?))
        };
        (0..count).map(buffer).collect()
    }
}

/// A function's body, which may leave with an error code.
fn answer(
    caller: &mut Caller<'_, Guest>,
    body: impl FnOnce(&mut Bytes<'_>, &mut Wasi) -> std::result::Result<(), Errno>,
) -> Result<u32> {
    let memory = caller.data().wasi.memory.ok_or_else(|| Error::msg("it has no memory yet"))?;
    let (bytes, guest) = memory.data_and_store_mut(caller);
    Ok(match body(&mut Bytes(bytes), &mut guest.wasi) {
        Ok(()) => 0,
        Err(Errno(code)) => u32::from(code),
    })
}

/// Defines all of it.
pub(crate) fn define(linker: &mut Linker<Guest>) -> Result<()> {
    linker.func_wrap(MODULE, "proc_exit", |code: i32| -> Result<()> { Err(Exit(code).into()) })?;
    functions! { linker:
        "args_sizes_get" = |bytes, wasi, count: u32, size: u32| sizes(bytes, &wasi.arguments, count, size);
        "args_get" = |bytes, wasi, list: u32, texts: u32| copy(bytes, &wasi.arguments, list, texts);
        "environ_sizes_get" = |bytes, wasi, count: u32, size: u32| sizes(bytes, &wasi.environment, count, size);
        "environ_get" = |bytes, wasi, list: u32, texts: u32| copy(bytes, &wasi.environment, list, texts);
        "clock_res_get" = |bytes, _wasi, _clock: u32, at: u32| bytes.put(at, &1_u64.to_le_bytes());
        "clock_time_get" = |bytes, wasi, clock: u32, _precision: u64, at: u32| {
            let time = match clock {
                0 => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
                1..=3 => wasi.start.elapsed(),
                _ => return Err(Errno::INVAL),
            };
            bytes.put(at, &u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).to_le_bytes())
        };
        "random_get" = |bytes, _wasi, at: u32, len: u32| {
            let place = bytes.get_mut(at, len.min(RANDOM_LIMIT))?;
            if len > RANDOM_LIMIT { return Err(Errno::INVAL) }
            getrandom::fill(place).map_err(|_| Errno::IO)
        };
        "sched_yield" = |_bytes, _wasi| Ok(());
        "poll_oneoff" = |bytes, _wasi, subscriptions: u32, events: u32, count: u32, done: u32| {
            wait(bytes, subscriptions, events, count, done)
        };
    }
    files::define(linker)
}

fn sizes(bytes: &mut Bytes<'_>, texts: &[Vec<u8>], count: u32, size: u32) -> std::result::Result<(), Errno> {
    let total: usize = texts.iter().map(Vec::len).sum();
    bytes.put(count, &(texts.len() as u32).to_le_bytes())?;
    bytes.put(size, &(total as u32).to_le_bytes())
}

fn copy(bytes: &mut Bytes<'_>, texts: &[Vec<u8>], mut list: u32, mut at: u32) -> std::result::Result<(), Errno> {
    for text in texts {
        bytes.put(list, &at.to_le_bytes())?;
        bytes.put(at, text)?;
        list = list.checked_add(4).ok_or(Errno::FAULT)?;
        at = at.checked_add(text.len() as u32).ok_or(Errno::FAULT)?;
    }
    Ok(())
}

/// Waits for the clock of the first subscription, if it is one.
fn wait(bytes: &mut Bytes<'_>, from: u32, events: u32, count: u32, done: u32) -> std::result::Result<(), Errno> {
    const CLOCK: u8 = 0;
    if count == 0 {
        return Err(Errno::INVAL);
    }
    let subscription: [u8; 48] = bytes.get(from, 48)?.try_into().map_err(|_| Errno::FAULT)?;
    let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|index| subscription[at + index]));
    let is_absolute = subscription[40] & 1 != 0;
    if subscription[8] != CLOCK || is_absolute {
        return Err(Errno::NOTSUP);
    }
    thread::sleep(Duration::from_nanos(number(24)).min(LONGEST_WAIT));
    let mut event = [0; 32];
    event[..8].copy_from_slice(&subscription[..8]);
    bytes.put(events, &event)?;
    bytes.put(done, &1_u32.to_le_bytes())
}
