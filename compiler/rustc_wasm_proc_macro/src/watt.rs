//! Modules made for the crate `watt` 0.4 or 0.5, which work on token streams of their own instead of the bridge's.
//!
//! The compiler keeps the tokens that such a guest asks for (`rustc_wasm_proc_macro_api::watt`); here are the functions
//! that the guest imports, in `calls`, and those that it exports, in `entry`.

mod calls;
mod entry;
mod tables;

pub(crate) use calls::define;
pub(crate) use entry::Entry;
pub(crate) use tables::Tables;
