//! Room on the host's stack for the guest's frames.

/// How deep a guest's frames may go, in bytes.
///
/// rustc's threads have 8 MiB, of which an expansion finds most unused. This is as much as leaves `MARGIN` and what
/// rustc itself needs until it expands, so that as a rule no stack must be made for an expansion: making one takes about
/// as long as a small macro does (17 µs, against 0.15 µs for the way into a guest and back). Beside these frames a guest
/// has its shadow stack in linear memory, whose size is set when the module is linked; a native macro's 8 MiB are for
/// both.
pub(crate) const MAX_WASM_STACK: usize = 6 << 20;

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
