//! Texts of all kinds, parsed with the lexer of edition 2018 of the user's crate.
//@ edition: 2018
//@ errors:
#[macro_use]
extern crate lexing;

parse!();
complain!(given "text");
unwrap!();

fn main() {}
