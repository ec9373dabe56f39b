// A lint about tokens with the user's span applies as if the user had written them.
//@ wasm: spans
//@ check-pass
#![warn(unused_variables)]

fn main() {
    spans::unused_variable!(forgotten);
    spans::unused_variable!(_ignored);
}
