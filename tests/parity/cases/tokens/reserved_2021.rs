//! Reserved prefixes are errors of the lexer before any macro runs.
//@ edition: 2021
//@ errors:
tokens::dump!(z"prefix" f#x 'a#b k#fn);

fn main() {}
