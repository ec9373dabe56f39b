//! The guest's end of the bridge: what a macro crate compiled to Wasm exports and imports.
//!
//! The ABI stands in docs/module-abi.md. Everything above it, [`run_client`](super) and the RPC
//! itself, is the same code that a native macro runs.

#![allow(unsafe_code)]

use std::sync::{Mutex, Once};

use super::*;
use crate::bridge::buffer::Buffer;

#[link(wasm_import_module = "rustc_proc_macro")]
unsafe extern "C" {
    /// Answers the request of `len` bytes at `ptr` and returns the length of the reply, which
    /// stands at `ptr` if it fits `cap` bytes and is pending otherwise.
    #[link_name = "dispatch"]
    fn host_dispatch(ptr: *mut u8, len: usize, cap: usize) -> usize;

    /// Copies the pending bytes to `ptr`.
    #[link_name = "take"]
    fn host_take(ptr: *mut u8);

    /// Tells the host why the guest is about to unwind or abort.
    #[link_name = "panic"]
    fn host_panic(ptr: *const u8, len: usize);
}

unsafe extern "C" {
    /// The linker's list of static constructors, which nothing else runs in a module that has
    /// neither `_start` nor `_initialize`.
    fn __wasm_call_ctors();
}

/// What `std` asks of the host: programs for plain WASI have none of it.
#[cfg(target_os = "wasi")]
mod host {
    use std::macro_host::{self, MacroHost, Refusal};

    #[link(wasm_import_module = "rustc_proc_macro")]
    unsafe extern "C" {
        /// Says that the variable of this name is asked for. Returns 0 if it may be read.
        fn variable(name: *const u8, len: usize) -> u32;

        /// Says that something was asked for that no macro has.
        fn refuse(kind: i32, what: *const u8, len: usize);

        /// Runs the program of a request. Returns its exit code in the upper and the length of what it printed in the lower
        /// half, which stands at `out` if it fits `cap` bytes; or -1.
        fn command(request: *const u8, len: usize, out: *mut u8, cap: usize) -> i64;
    }

    static HOST: MacroHost =
        MacroHost { variable: ask, refuse: tell, failed: super::tell_panic, command: run };

    /// Hands the host over to `std`.
    pub(super) fn set() {
        macro_host::set(&HOST);
    }

    fn ask(name: &[u8]) -> bool {
        // SAFETY: the host reads `name` before it returns.
        unsafe { variable(name.as_ptr(), name.len()) == 0 }
    }

    fn tell(refusal: Refusal, what: &str) {
        // SAFETY: as above.
        unsafe { refuse(refusal as i32, what.as_ptr(), what.len()) }
    }

    fn run(request: &[u8]) -> Option<(i32, Vec<u8>)> {
        let mut printed = Vec::with_capacity(4096);
        loop {
            // SAFETY: the host reads `request` and writes at most the capacity, before it returns.
            let ended = unsafe {
                command(request.as_ptr(), request.len(), printed.as_mut_ptr(), printed.capacity())
            };
            let ended = u64::try_from(ended).ok()?;
            let len = ended as u32 as usize;
            if len <= printed.capacity() {
                // SAFETY: the host has written these.
                unsafe { printed.set_len(len) };
                return Some(((ended >> 32) as i32, printed));
            }
            printed.reserve(len);
        }
    }
}

/// Makes the compiler's working directory the guest's: the host has preopened it after the root.
#[cfg(target_os = "wasi")]
fn enter_working_dir() {
    use std::os::wasi::ffi::OsStrExt;

    const WORKING_DIR: u32 = 4;

    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        fn fd_prestat_get(fd: u32, prestat: *mut [u32; 2]) -> u32;
        fn fd_prestat_dir_name(fd: u32, path: *mut u8, len: u32) -> u32;
    }

    let mut prestat = [0; 2];
    // SAFETY: the host writes eight bytes.
    if unsafe { fd_prestat_get(WORKING_DIR, &mut prestat) } != 0 {
        return;
    }
    let mut path = vec![0; prestat[1] as usize];
    // SAFETY: the host writes as many bytes as it is told that there is room for.
    if unsafe { fd_prestat_dir_name(WORKING_DIR, path.as_mut_ptr(), prestat[1]) } == 0 {
        // Without it relative paths begin at the root, and are refused.
        _ = std::env::set_current_dir(std::ffi::OsStr::from_bytes(&path));
    }
}

/// Fetches `len` pending bytes.
fn take_pending(len: usize) -> Buffer {
    let mut buf = Buffer::from(Vec::with_capacity(len));
    let (ptr, filled, _) = buf.raw_parts_mut();
    // SAFETY: the buffer has room for `len` bytes, and the host writes exactly those.
    unsafe { host_take(ptr) };
    *filled = len;
    buf
}

/// Sends one request to the host and waits for the reply.
fn dispatch(mut buf: Buffer) -> Buffer {
    let (ptr, filled, capacity) = buf.raw_parts_mut();
    // SAFETY: `ptr` is valid for reads of `filled` and writes of `capacity` bytes, and the host
    // touches no others.
    let len = unsafe { host_dispatch(ptr, *filled, capacity) };
    if len > capacity {
        return take_pending(len);
    }
    *filled = len;
    buf
}

/// Tells the host a panic's message, or what ends the instance otherwise.
fn tell_panic(message: &str) {
    // SAFETY: the host reads `message` before it returns.
    unsafe { host_panic(message.as_ptr(), message.len()) };
}

/// Runs once an instance: constructors, and a panic hook that tells the host every message.
///
/// The host needs the message only where the module cannot unwind, since then the panic ends in
/// a trap that says nothing.
fn initialize(force_show_panics: bool) {
    static INITIALIZE: Once = Once::new();
    INITIALIZE.call_once(|| {
        #[cfg(target_os = "wasi")]
        host::set();
        // SAFETY: called once, before any code of the macro crate.
        unsafe { __wasm_call_ctors() };
        #[cfg(target_os = "wasi")]
        enter_working_dir();
        maybe_install_panic_hook(force_show_panics);
        let shown = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            tell_panic(info.payload_as_str().unwrap_or("Box<dyn Any>"));
            shown(info)
        }));
    });
}

/// Runs macro number `index` of `decls` on the pending input of `input_len` bytes.
///
/// Returns the output's address in the upper and its length in the lower half; it stands until
/// the next call.
#[rustc_std_internal_symbol]
pub unsafe extern "C" fn __rustc_proc_macro_run(
    decls: &&[ProcMacro],
    index: usize,
    input_len: usize,
    force_show_panics: u32,
) -> u64 {
    static OUTPUT: Mutex<Option<Buffer>> = Mutex::new(None);

    let force_show_panics = force_show_panics != 0;
    initialize(force_show_panics);

    let run = match &decls[index] {
        ProcMacro::CustomDerive { client, .. } | ProcMacro::Bang { client, .. } => client.run,
        ProcMacro::Attr { client, .. } => client.run,
    };
    let input = take_pending(input_len);
    let output = run(BridgeConfig { input, dispatch: (&mut dispatch).into(), force_show_panics });

    let located = ((output.as_ptr() as u64) << 32) | output.len() as u64;
    *OUTPUT.lock().unwrap() = Some(output);
    located
}
