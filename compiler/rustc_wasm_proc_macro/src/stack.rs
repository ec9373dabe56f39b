//! Room on the host's stack for the guest's frames.

use rustc_wasm_proc_macro_api::{EXPANSION_STACK, NEW_STACK};

/// Runs `work` with room for a guest.
///
/// Wasmtime takes the stack pointer at the entry and counts `MAX_WASM_STACK` bytes down from it, without asking how much
/// the thread has left. So there must always be that much. Making a stack takes about as long as a small macro does (17 µs,
/// against 0.15 µs for the way into a guest and back).
pub(crate) fn with_room<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(EXPANSION_STACK, NEW_STACK, work)
}
