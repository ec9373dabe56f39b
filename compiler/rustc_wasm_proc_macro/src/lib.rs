//! Runs procedural macros from WebAssembly modules: engine, compiled-module cache, instances and host functions.
//!
//! The crate knows Wasm and knows no `rustc_*` crate. The compiler appears as [`Dispatch`], which answers the bridge's
//! requests, and as [`Events`], which measures; so plain `cargo test` runs everything against a fake server.
//!
//! A module is loaded once a compilation ([`Module::load`]) and then expanded as often as the macro is used
//! ([`Module::expand`]). Every file of this crate has one responsibility:
//!
//! * `engine`: Wasmtime's settings, and why each of them is as it is;
//! * `module`: bytes or a cache entry to compiled code; `compile` makes it, and `meter` is what limits that;
//! * `instance`: running copies of a module, and one expansion in one of them;
//! * `library`: the crate as a dynamic library, which is how the compiler uses it;
//! * `host`: the table of everything a guest may call; `bridge`, `wasi` and `watt` implement it;
//! * `deadline`, `memory` and `output`: how long an expansion may take, how much guests may have, and what they may write; `clock`
//!   counts the time, and `interrupt` stops code whose time is over;
//! * `fault`: everything that can go wrong, in words; `traps` reads it from what Wasmtime says.
//!
//! **Invariant**: nothing that a guest says is trusted. Every pointer is checked, every answer is parsed by somebody who
//! expects nonsense, and a guest cannot make this crate panic.

mod bridge;
mod clock;
mod compile;
mod deadline;
mod engine;
mod errno;
mod events;
mod fault;
mod files;
mod guest;
mod host;
mod instance;
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), path = "interrupt/nothing.rs")]
mod interrupt;
mod library;
mod memory;
mod meter;
mod module;
mod output;
mod refusals;
mod stack;
mod traps;
mod wasi;
mod watt;

pub use fault::{Fault, FaultKind, LoadError};
pub use library::rustc_wasm_proc_macro_runtime;
#[doc(hidden)]
pub use meter::peak_of;
pub use module::Module;
pub use rustc_wasm_proc_macro_api::{Activity, Dispatch, Events};
