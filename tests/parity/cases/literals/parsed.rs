//! Texts that are literals, and texts that are none.
//@ errors:

literals::parse!();

fn main() {}
