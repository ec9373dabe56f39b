// A name and nothing behind it.
//@ compile-flags: --wasm-proc-macro words=
//@ no-native: it is about the flag
//@ error-in-other-file: `--wasm-proc-macro` needs the path of a WebAssembly module

fn main() {}
