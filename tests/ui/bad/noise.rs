// Any other file.
//@ bad: noise
//@ error-in-other-file: not a WebAssembly module

fn main() {
    plain::plain!();
}
