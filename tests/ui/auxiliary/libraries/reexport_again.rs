//! A library that hands on what another library hands on.
//@ dependency: reexport

pub mod macros {
    pub use reexport::*;
}
