// The user's variable of the same name is not the macro's, where the macro says so.
//@ wasm: spans
//@ run
#![allow(unused_variables)]

fn main() {
    let (hidden, visible) = ("mine", "mine");
    spans::variables!();
    println!("{hidden} {visible}");
}
