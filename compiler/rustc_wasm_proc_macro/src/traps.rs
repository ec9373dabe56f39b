//! What has ended a call of the guest's, by Wasmtime's error and by what the guest left behind.

use rustc_wasm_proc_macro_api::policy::{Wanted, escaped};
use wasmtime::{ThrownException, Trap, WasmBacktrace};

use crate::deadline::Deadline;
use crate::fault::{Fault, FaultKind, Stop, one_line};
use crate::guest::Guest;

/// From this many frames on, a memory access out of bounds counts as an overflow of the guest's shadow stack, which
/// lies at the lower end of its memory.
pub(crate) const DEEP_RECURSION: usize = 500;

/// Frames of a backtrace that are shown.
const SHOWN_FRAMES: usize = 8;

impl Fault {
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
        Fault::in_guest(kind, panic, backtrace, refused)
    }
}

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
