//! What a WebAssembly module with procedural macros says about itself, the stub crate that stands for it in the compiler,
//! and the cache that keeps both ready.
//!
//! This crate never instantiates a module and knows no `rustc_*` crate: it is linked into the compiler and into the
//! `stubgen` command alike.

pub mod annotate;
pub mod cache;
pub mod module;
pub mod propose;
pub mod stub;

mod contents;
mod lexical;
mod write;

pub use contents::Contents;
pub use lexical::lexical;

/// Writes a file so that it is there as a whole or not at all.
///
/// # Errors
///
/// Returns the error of the operation that failed; then whatever stood at `path` is untouched.
pub fn write_atomically(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    write::atomically(path, &[bytes])
}
