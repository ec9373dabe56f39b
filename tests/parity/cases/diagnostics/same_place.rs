//! The same error twice at the same place is shown once, and denied lints are errors.
//@ errors:
//@ flags: -Dwarnings

diagnostics::children!(one two);

#[derive(diagnostics::Lints)]
struct Derived;

fn main() {}
