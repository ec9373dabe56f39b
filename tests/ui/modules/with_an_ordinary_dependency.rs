// The macro crate is linked with an ordinary library for its target.
//@ wasm: helped
//@ run

fn main() {
    println!("{}", helped::triple!(14));
}
