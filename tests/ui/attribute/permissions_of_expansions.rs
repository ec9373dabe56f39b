// A macro's attributes let its expansions use unstable features and `unsafe`, whatever the user's own code may.
//@ wasm: permitted
//@ run

#![deny(unsafe_code)]

#[derive(permitted::Item)]
struct Type;

fn main() {
    let _ = Type;
    println!("{} {:?} {}", permitted::count!(), ITEM, permitted::first!([7u8, 8]));
}
