// Lints about macros know those of modules: an import that nobody uses.
//@ wasm: words
//@ check-pass
#![warn(unused_imports)]

use words::{answer, echo};

fn main() {
    echo!();
}
