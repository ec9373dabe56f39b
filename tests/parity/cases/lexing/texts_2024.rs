//! Texts of all kinds, parsed with the lexer of edition 2024 of the user's crate.
//@ edition: 2024
//@ errors:
#[macro_use]
extern crate lexing;

parse!();
complain!(given "text");
unwrap!();

fn main() {}
