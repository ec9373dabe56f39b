//! Where a macro is defined: file, line and column of its function.

spans::definition!();
spans::recovers!();
spans::quotes!();

fn main() {}
