//! The runtime of a compiler that is a WebAssembly program itself: in the process that runs it, behind two imports.
//!
//! `load` and `expand` are the functions of [`table::Runtime`]. While one of them runs, the process calls back: it asks for
//! [room](rustc_wasm_proc_macro_room), writes there what it has to say, and [says](rustc_wasm_proc_macro_call) which function of
//! [`Host`] that is for.

use std::ffi::c_void;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_session::config::Sysroot;
use rustc_wasm_proc_macro_api::Runtime;
use rustc_wasm_proc_macro_api::table::{self, Bytes, Expansion, Function, Host, Module, Outcome};

#[link(wasm_import_module = "rustc_wasm_proc_macro")]
unsafe extern "C" {
    /// Returns a number that is not 0, or 0 where that failed.
    #[link_name = "load"]
    fn host_load(
        bytes: *const u8,
        len: usize,
        digest: *const [u8; 32],
        cache: *const u8,
        cache_len: usize,
        only_cached: u32,
        grants: *const u8,
        grants_len: usize,
    ) -> usize;

    /// Returns an [`Outcome`].
    #[link_name = "expand"]
    fn host_expand(module: usize, index: u32, force_show_panics: u32, input: *const u8, input_len: usize) -> u32;
}

static RUNTIME: table::Runtime = table::Runtime { version: table::VERSION, prepare, load, expand };

/// What serves the import that runs, the innermost one.
static SERVING: AtomicPtr<Host<'static>> = AtomicPtr::new(ptr::null_mut());

/// Where the process writes what it says.
static ROOM: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The runtime of the process.
pub(super) fn open(_sysroot: &Sysroot) -> Result<Runtime, String> {
    Runtime::new(&RUNTIME)
}

unsafe extern "C" fn prepare() {}

unsafe extern "C" fn load(module: &Module<'_>, host: &Host<'_>) -> *const c_void {
    let [bytes, cache, grants] = [module.bytes, module.cache, module.grants].map(Bytes::get);
    let only_cached = u32::from(module.only_cached);
    serve(host, || {
        // SAFETY: the process reads the slices before it returns.
        let loaded = unsafe {
            host_load(
                bytes.as_ptr(),
                bytes.len(),
                &module.digest,
                cache.as_ptr(),
                cache.len(),
                only_cached,
                grants.as_ptr(),
                grants.len(),
            )
        };
        ptr::without_provenance(loaded)
    })
}

unsafe extern "C" fn expand(expansion: &Expansion<'_>, host: &Host<'_>) -> Outcome {
    let Expansion { module, index, force_show_panics, input, .. } = *expansion;
    let (module, input) = (module.addr(), input.get());
    serve(host, || {
        // SAFETY: as in `load`; `module` is what that has returned.
        Outcome(unsafe { host_expand(module, index, u32::from(force_show_panics), input.as_ptr(), input.len()) })
    })
}

/// Has `host` serve what the process says while `import` runs.
fn serve<R>(host: &Host<'_>, import: impl FnOnce() -> R) -> R {
    let before = SERVING.swap(ptr::from_ref(host).cast_mut().cast(), Relaxed);
    let returned = import();
    SERVING.store(before, Relaxed);
    returned
}

fn room() -> MutexGuard<'static, Vec<u8>> {
    ROOM.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the process may write `len` bytes before it makes its call.
#[unsafe(no_mangle)]
extern "C" fn rustc_wasm_proc_macro_room(len: usize) -> *mut u8 {
    let mut room = room();
    room.clear();
    room.resize(len, 0);
    room.as_mut_ptr()
}

/// Calls a function of the import that runs, with a number and with what stands in the room. Returns where the reply stands, in
/// the upper, and its length in the lower half; or only whether it is yes. The highest bit says that a reply is an error.
#[unsafe(no_mangle)]
extern "C" fn rustc_wasm_proc_macro_call(function: u32, number: u32) -> u64 {
    const ERROR: u64 = 1 << 31;
    // SAFETY: `serve` has put it there, and takes it away before it returns.
    let Some(host) = (unsafe { SERVING.load(Relaxed).as_ref() }) else { return ERROR };
    // A macro within this request has the room for itself.
    let said = mem::take(&mut *room());
    let bytes = Bytes::new(&said);
    let mut returned = 0;
    // SAFETY: `Host` says what its functions take, and none of them is running now that may not.
    unsafe {
        match Function::from_number(function) {
            Some(Function::Dispatch) => {
                let mut reply = Bytes::EMPTY;
                let answered = (host.dispatch)(host.data, bytes, &mut reply);
                let reply = reply.get();
                returned = ((reply.as_ptr().addr() as u64) << 32) | reply.len() as u64;
                returned |= if answered { 0 } else { ERROR };
            }
            Some(Function::DependsOn) => (host.depends_on)(host.data, bytes),
            Some(Function::Refused) => (host.refused)(host.data, number, bytes),
            Some(Function::Variable) => returned = u64::from((host.variable)(host.data, bytes)),
            Some(Function::Warn) => (host.warn)(host.data, bytes),
            Some(Function::Result) => (host.result)(host.data, bytes),
            None => returned = ERROR,
        }
    }
    let mut room = room();
    if room.is_empty() {
        *room = said;
    }
    returned
}
