//! Room on the host's stack for the guest's frames.

/// How deep a guest's frames may go, in bytes. Native macros run on rustc's thread, which has 8 MiB.
///
/// The guest's shadow stack in its linear memory is another matter; that one is set when the module is linked.
pub(crate) const MAX_WASM_STACK: usize = 8 << 20;

/// What must be left below the deepest guest frame, in bytes: for host functions and for the compiler's answer to a
/// request. rustc itself grows the stack when less than 100 KiB are left.
const MARGIN: usize = 1 << 20;

/// Runs `work` with room for a guest.
///
/// Wasmtime takes the stack pointer at the entry and counts `MAX_WASM_STACK` bytes down from it, without asking how much
/// the thread has left. So there must always be that much.
pub(crate) fn with_room<T>(work: impl FnOnce() -> T) -> T {
    let needed = MAX_WASM_STACK + MARGIN;
    stacker::maybe_grow(needed, needed + MARGIN, work)
}
