// The same module twice, as build systems happen to pass it, is not worth a word.
//@ wasm: words
//@ wasm: words
//@ check-pass

fn main() {
    words::answer!();
}
