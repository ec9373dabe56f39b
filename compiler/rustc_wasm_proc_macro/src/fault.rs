//! Everything that can go wrong with a module, in rustc's style: lowercase, no final period, facts in notes.

use std::fmt;
use std::time::Duration;

use rustc_wasm_proc_macro_api::policy::{Wanted, escaped};
use wasmtime::{ThrownException, Trap, WasmBacktrace};

use crate::clock::Deadline;
use crate::guest::Guest;
use crate::output::OUTPUT_LIMIT;

/// From this many frames on, a memory access out of bounds counts as an overflow of the guest's shadow stack, which
/// lies at the lower end of its memory.
pub(crate) const DEEP_RECURSION: usize = 500;

/// Frames of a backtrace that are shown.
const SHOWN_FRAMES: usize = 8;

/// Why a module could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// Wasmtime cannot run here.
    Engine(String),
    /// The module is no longer the one that was read.
    Changed,
    /// The module is not valid, or uses WebAssembly that is not supported.
    Compile(String),
    /// The module, or compiling it, takes more than is allowed; in words.
    TooMuch(String),
    /// An import does not exist or has another type.
    Link(String),
    /// There is no compiled code in the cache, and none was to be made.
    NotCached,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Engine(message) => {
                write!(f, "the WebAssembly engine cannot be started: {message}")
            }
            LoadError::Changed => f.write_str("the file of the module has changed since it was read"),
            LoadError::Compile(message) => write!(f, "the module cannot be compiled: {message}"),
            LoadError::TooMuch(message) => f.write_str(message),
            LoadError::Link(message) => write!(f, "the module cannot be linked: {message}"),
            LoadError::NotCached => f.write_str("the compiled module is not in the cache"),
        }
    }
}

impl std::error::Error for LoadError {}

/// What ended an expansion.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The macro panicked with this message, and aborted.
    Panic(String),
    /// The macro trapped; in words.
    Trap(&'static str),
    /// The macro recursed too deeply.
    StackOverflow,
    /// The macro trapped after it had been refused more memory, or has filled the heap of its exceptions.
    OutOfMemory,
    /// The guests of the macro's module wanted more than they may have together, in bytes, or those `of_all` modules did.
    MemoryLimit { limit: u64, of_all: bool },
    /// The expansion took too long, or the one around it did of which it is a part.
    Timeout { limit: Duration, of_enclosing: bool },
    /// The macro wrote too much to the compiler's standard output and error.
    TooMuchOutput,
    /// The macro ended the process, with this code.
    Exit(i32),
    /// The module does not keep to the protocol.
    Protocol(String),
    /// The host could not start an instance, for instance for want of address space.
    Start(String),
}

/// Why an expansion has no output. Its `Display` is the error's message; see [`Fault::notes`] for the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    details: Box<Details>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    kind: FaultKind,
    panic: Option<String>,
    backtrace: Vec<String>,
    refused: Vec<Wanted>,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind) -> Fault {
        Fault { details: Box::new(Details { kind, panic: None, backtrace: Vec::new(), refused: Vec::new() }) }
    }

    pub(crate) fn protocol(message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Protocol(message.into()))
    }

    /// Reads Wasmtime's error, and what the guest left behind.
    pub(crate) fn of_call(error: wasmtime::Error, guest: &mut Guest) -> Fault {
        let frames = error.downcast_ref::<WasmBacktrace>().map_or(&[][..], |backtrace| backtrace.frames());
        let depth = frames.len();
        let backtrace = short_backtrace(frames.iter().filter_map(|frame| frame.func_name()));
        let panic = guest.panic.take();
        let grow_refused = std::mem::take(&mut guest.grow_refused);

        let timeout = match error.downcast_ref() {
            Some(Trap::Interrupt) => guest.deadline.map(Deadline::stop),
            // That is how `interrupt` stops it.
            Some(Trap::UnreachableCodeReached) => guest.check_time().err(),
            _ => None,
        };
        let (kind, panic) = if let Some(Stop(kind)) = timeout.as_ref().or(error.downcast_ref()) {
            (kind.clone(), panic)
        } else if let Some(&trap) = error.downcast_ref::<Trap>() {
            match (trap, panic) {
                (Trap::StackOverflow, panic) => (FaultKind::StackOverflow, panic),
                (Trap::MemoryOutOfBounds, panic) if depth >= DEEP_RECURSION => (FaultKind::StackOverflow, panic),
                (Trap::AllocationTooLarge, panic) => (FaultKind::OutOfMemory, panic),
                (Trap::UnreachableCodeReached, Some(message)) => (FaultKind::Panic(message), None),
                (Trap::UnreachableCodeReached, None) if grow_refused => (FaultKind::OutOfMemory, None),
                (trap, panic) => (FaultKind::Trap(in_words(trap)), panic),
            }
        } else if error.is::<ThrownException>() {
            match panic {
                Some(message) => (FaultKind::Panic(message), None),
                None => (FaultKind::Trap("an exception that nothing caught"), None),
            }
        } else {
            (FaultKind::Start(one_line(&error)), panic)
        };
        let kind = match guest.over_limit.take() {
            Some(limit) if kind == FaultKind::OutOfMemory => limit,
            _ => kind,
        };
        match kind {
            FaultKind::Timeout { limit, of_enclosing: false } => guest.refuse(Wanted::Time(limit)),
            FaultKind::MemoryLimit { limit, of_all: _ } => guest.refuse(Wanted::Memory(limit)),
            _ => {}
        }
        let refused = guest.refused();
        Fault { details: Box::new(Details { kind, panic, backtrace, refused }) }
    }

    /// What happened.
    pub fn kind(&self) -> &FaultKind {
        &self.details.kind
    }

    /// The panic's message, if the macro panicked.
    pub fn panic_message(&self) -> Option<&str> {
        match &self.details.kind {
            FaultKind::Panic(message) => Some(message),
            _ => None,
        }
    }

    /// What the guest named and did not get, in this expansion.
    pub fn refused(&self) -> &[Wanted] {
        &self.details.refused
    }

    /// Names of the innermost functions of the guest, demangled. Empty if the module was stripped.
    pub fn backtrace(&self) -> &[String] {
        &self.details.backtrace
    }

    /// The texts for `note`s below the error.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(message) = &self.details.panic {
            notes.push(format!("before that, the macro panicked: {message}"));
        }
        // A panic's own frames say only that it panicked; its message says where.
        if !matches!(self.details.kind, FaultKind::Panic(_) | FaultKind::Exit(_)) && !self.backtrace().is_empty() {
            notes.push(format!("it happened in `{}`", self.backtrace().join("`, called by `")));
        }
        notes
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            FaultKind::Panic(message) => write!(f, "the macro panicked: {message}"),
            FaultKind::Trap(what) => {
                write!(f, "the macro was stopped by a WebAssembly trap: {what}")
            }
            FaultKind::StackOverflow => f.write_str("the macro overflowed its stack"),
            FaultKind::OutOfMemory => f.write_str("the macro ran out of memory"),
            FaultKind::MemoryLimit { limit, of_all: false } => {
                write!(f, "the macro was stopped when it wanted more than its {} of memory", Bytes(*limit))
            }
            FaultKind::MemoryLimit { limit, of_all: true } => {
                write!(f, "the macro was stopped when all macros together wanted more than {} of memory", Bytes(*limit))
            }
            FaultKind::Timeout { limit, of_enclosing: false } => {
                write!(f, "the macro was stopped after {}", Time(*limit))
            }
            FaultKind::Timeout { limit, of_enclosing: true } => {
                write!(
                    f,
                    "the macro was stopped when the one whose expansion it is a part of had run for {}",
                    Time(*limit)
                )
            }
            FaultKind::TooMuchOutput => {
                write!(f, "the macro was stopped when it had written more than {}", Bytes(OUTPUT_LIMIT as u64))
            }
            FaultKind::Exit(code) => write!(f, "the macro tried to end the process with exit code {code}"),
            FaultKind::Protocol(message) => {
                write!(f, "the macro's module broke the protocol: {message}")
            }
            FaultKind::Start(message) => {
                write!(f, "the macro's module cannot be started: {message}")
            }
        }
    }
}

impl std::error::Error for Fault {}

/// A number of bytes in the largest unit that says it.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bytes(bytes) = *self;
        match [("GiB", 30), ("MiB", 20), ("KiB", 10)]
            .iter()
            .find(|(_, shift)| bytes != 0 && bytes.trailing_zeros() >= *shift)
        {
            Some((unit, shift)) => write!(f, "{} {unit}", bytes >> shift),
            None => write!(f, "{bytes} bytes"),
        }
    }
}

/// A time in seconds, or milliseconds.
struct Time(Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Time(time) = *self;
        if time.subsec_millis() == 0 { write!(f, "{} s", time.as_secs()) } else { write!(f, "{} ms", time.as_millis()) }
    }
}

/// A host function's way to end the expansion.
#[derive(Debug)]
pub(crate) struct Stop(pub(crate) FaultKind);

impl Stop {
    pub(crate) fn protocol(message: impl Into<String>) -> Stop {
        Stop(FaultKind::Protocol(message.into()))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Fault::new(self.0.clone()), f)
    }
}

impl std::error::Error for Stop {}

fn in_words(trap: Trap) -> &'static str {
    match trap {
        Trap::UnreachableCodeReached => "it aborted (`unreachable`)",
        Trap::MemoryOutOfBounds => "memory access out of bounds",
        Trap::HeapMisaligned => "misaligned atomic access",
        Trap::TableOutOfBounds => "call of a function pointer out of bounds",
        Trap::IndirectCallToNull => "call of a null function pointer",
        Trap::BadSignature => "call of a function pointer of another type",
        Trap::IntegerOverflow => "integer overflow in a division",
        Trap::IntegerDivisionByZero => "integer division by zero",
        Trap::BadConversionToInteger => "conversion of a number that no integer can hold",
        Trap::NullReference => "use of a null reference",
        Trap::StackOverflow => "stack overflow",
        _ => "unknown trap",
    }
}

/// An error and its causes, on one line.
pub(crate) fn one_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn short_backtrace<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut frames: Vec<String> = Vec::new();
    for name in names {
        // A module may call its functions what it likes.
        let name = escaped(&format!("{:#}", rustc_demangle::demangle(name)));
        // Recursion of one function shows as one frame, and the panic machinery not at all.
        let noise = ["core::panicking::", "std::panicking::", "std::sys::", "__rustc", "rust_panic", "__rust"];
        if frames.last() == Some(&name) || noise.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        frames.push(name);
        if frames.len() == SHOWN_FRAMES {
            break;
        }
    }
    frames
}
