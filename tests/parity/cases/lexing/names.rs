//! Names of all kinds, made by a macro.

lexing::names!();

fn main() {}
