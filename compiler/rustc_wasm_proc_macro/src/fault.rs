//! Everything that can go wrong with a module, in rustc's style: lowercase, no final period, facts in notes.

use std::fmt;
use std::time::Duration;

use rustc_wasm_proc_macro_api::policy::Wanted;

/// The most that a guest may write in one expansion, in bytes, to both streams together.
pub(crate) const OUTPUT_LIMIT: usize = 64 << 20;

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
        Fault::in_guest(kind, None, Vec::new(), Vec::new())
    }

    /// With the last panic that the guest announced, the functions that it was in, and what it was refused.
    pub(crate) fn in_guest(
        kind: FaultKind,
        panic: Option<String>,
        backtrace: Vec<String>,
        refused: Vec<Wanted>,
    ) -> Fault {
        Fault { details: Box::new(Details { kind, panic, backtrace, refused }) }
    }

    pub(crate) fn protocol(message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Protocol(message.into()))
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
                write!(f, "the macro was stopped because it needed more than its {} of memory", Bytes(*limit))
            }
            FaultKind::MemoryLimit { limit, of_all: true } => {
                write!(
                    f,
                    "the macro was stopped because all macros together needed more than {} of memory",
                    Bytes(*limit)
                )
            }
            FaultKind::Timeout { limit, of_enclosing: false } => {
                write!(f, "the macro was stopped after {}", Time(*limit))
            }
            FaultKind::Timeout { limit, of_enclosing: true } => {
                write!(
                    f,
                    "the macro was stopped because the expansion that it is a part of had run for {}",
                    Time(*limit)
                )
            }
            FaultKind::TooMuchOutput => {
                write!(f, "the macro was stopped because it had written more than {}", Bytes(OUTPUT_LIMIT as u64))
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

/// An error and its causes, on one line.
pub(crate) fn one_line(error: &wasmtime::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
