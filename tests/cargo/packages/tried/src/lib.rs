//! Gives out its macro.

pub use tried_macros::refused;
