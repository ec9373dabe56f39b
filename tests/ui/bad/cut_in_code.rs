// A module that ends in the middle of its code.
//@ bad: cut-in-code
//@ error-in-other-file: truncated or malformed WebAssembly module

fn main() {
    plain::plain!();
}
