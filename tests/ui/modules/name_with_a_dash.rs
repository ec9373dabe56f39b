// A name that no crate can have is refused in the words that `--extern` has for it.
//@ wasm: not-a-name=words
//@ no-native: it is about the flag
//@ error-in-other-file: crate name `not-a-name` passed to `--wasm-proc-macro` is not a valid ASCII identifier

fn main() {}
