//! The macros of WebAssembly modules, as clients of `proc_macro`'s bridge.
//!
//! [`proc_macros`] makes of a [`ModuleFile`] what a native macro library has: a list of `ProcMacro`s. Whoever runs them, a session
//! of the compiler or rust-analyzer's server of macros, is their [`Surroundings`].
//!
//! **Invariant**: nothing in here knows a session or a type of the compiler's, so a process without a compilation runs macros in the
//! same sandbox, with the same permissions and limits.

#![allow(internal_features)]
#![feature(proc_macro_internals)]

mod ahead;
mod asking;
mod macros;
mod message;
mod module_file;
mod refused;
mod runtime;
mod server;
mod surroundings;
mod watt;

pub use macros::{last_macro, proc_macros};
pub use message::text_of;
pub use module_file::ModuleFile;
pub use runtime::prepare;
pub use rustc_session::config::Sysroot;
pub use rustc_wasm_proc_macro_api::Events;
pub use rustc_wasm_proc_macro_api::policy;
pub use stubgen::cache::{Cache, default_dir as default_cache_dir};
pub use stubgen::module::starts_as_wasm;
pub use surroundings::{Surroundings, Told, variable};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Nothing in here leaves its data half changed when it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `f`, which waits for a thread that needs as many bytes of stack as any. In WebAssembly a thread runs on the stack of whoever
/// waits for it, and does not know how much is left of that.
pub fn with_stack_of_thread<R>(bytes: usize, f: impl FnOnce() -> R) -> R {
    if cfg!(target_family = "wasm") { stacker::grow(bytes, f) } else { f() }
}
