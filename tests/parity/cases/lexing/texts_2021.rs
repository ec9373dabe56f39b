//! Texts of all kinds, parsed with the lexer of edition 2021 of the user's crate.
//@ edition: 2021
//@ errors:
#[macro_use]
extern crate lexing;

parse!();
complain!(given "text");
unwrap!();

fn main() {}
