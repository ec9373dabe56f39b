// Paths of edition 2024, in `use`, in a derive and in an invocation.
//@ edition: 2024
//@ wasm: words
//@ wasm: describe
//@ wasm: attributes
//@ run

use ::words as w;
use describe::*;
use {attributes::keep, words::answer as reply};

#[keep]
#[derive(Describe, ::describe::Notes)]
struct Type;

fn main() {
    println!("{} {} {} {:?}", w::answer!(), reply!(), Type::DESCRIPTION, Type::NOTES);
}
