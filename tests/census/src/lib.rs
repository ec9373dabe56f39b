//! The census: macro crates of crates.io, from Wasm as natively.
//!
//! `crates.toml` is the list, `results.toml` has what came of it, and `README.md` says so to people.

pub mod census;
pub mod list;
pub mod load;
pub mod package;
pub mod page;
pub mod results;
pub mod suite;
pub mod transcript;
pub mod work;
