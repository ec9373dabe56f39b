//! What the tests have in common: the toolchain, macro crates built with it in both ways, and modules that are damaged
//! on purpose.
//!
//! `ui/` holds the cases that are one call of the compiler each, `tests/` all others, `differential/` the real macro crate
//! whose two builds are compared.

pub mod artifacts;
pub mod bad;
pub mod command;
pub mod lab;
pub mod source;
pub mod toolchain;
pub mod wasm;
pub mod watt;

pub use artifacts::{Artifacts, Form};
pub use command::{Outcome, RustcExt};
pub use lab::Lab;
pub use toolchain::Toolchain;
