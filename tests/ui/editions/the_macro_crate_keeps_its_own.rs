// What a macro writes is read by the edition of the macro crate: the module says which, and the stub carries it.
//@ edition: 2024
//@ wasm: old
//@ run
#![allow(bare_trait_objects)]

fn main() {
    println!("{}", old::old_words!());
}
