// A module that nobody asks for costs nothing and says nothing.
//@ wasm: words
//@ check-pass
#![warn(unused)]

fn main() {}
