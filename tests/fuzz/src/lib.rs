//! Inputs that nobody thought of, for everything that reads what a macro or a file says.
//!
//! A target is a function of bytes that panics where something is wrong. libFuzzer calls them (`./x.py fuzz`), and so does a short
//! test with seeds that stay (`tests/short.rs`).
#![cfg(unix)]

pub mod exceptions;
pub mod guest;
pub mod modules;
mod place;
pub mod policy;
pub mod random;
pub mod requests;
pub mod samples;
pub mod sections;
pub mod store;
mod support;
pub mod wasi;
pub mod watt;

/// A function that does with an input what the target is about, and says whether the input led to that.
pub type Run = fn(&[u8]) -> bool;

/// Every target that needs no compiler.
pub const TARGETS: [(&str, Run); 7] = [
    ("sections", sections::run),
    ("modules", modules::run),
    ("wasi", wasi::run),
    ("watt", watt::run),
    ("policy", policy::run),
    ("store", store::run),
    ("exceptions", exceptions::run),
];

/// The target of that name.
pub fn target(name: &str) -> Option<Run> {
    TARGETS.into_iter().find(|(known, _)| *known == name).map(|(_, run)| run)
}
