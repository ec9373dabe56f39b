// The text format instead of the binary one.
//@ bad: text
//@ error-in-other-file: WebAssembly's text format

fn main() {
    plain::plain!();
}
