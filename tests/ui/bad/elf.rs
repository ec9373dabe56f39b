// A native library or program.
//@ bad: elf
//@ error-in-other-file: not a WebAssembly module but a native binary

fn main() {
    plain::plain!();
}
