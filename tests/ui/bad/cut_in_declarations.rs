// A module that ends within its last sections.
//@ bad: cut-in-declarations
//@ error-in-other-file: truncated or malformed WebAssembly module

fn main() {
    plain::plain!();
}
