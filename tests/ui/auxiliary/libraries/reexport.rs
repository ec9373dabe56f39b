//! A library that hands on the macros of another crate.
//@ wasm: speaker

pub use speaker::{Speak, speak};

/// What the macro said when this library was built.
pub const SAID_HERE: &str = speaker::speak!();

/// A macro by example that uses the macro crate, which its user need not know.
#[macro_export]
macro_rules! speak_twice {
    () => {
        [$crate::speak!(), $crate::speak!()]
    };
}
