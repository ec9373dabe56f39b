//! It has no macro of any name.
//@ errors:

none::other!();

fn main() {}
