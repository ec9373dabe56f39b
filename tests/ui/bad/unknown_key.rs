// A key that this compiler does not know: what it says might matter.
//@ bad: unknown-key
//@ error-in-other-file: unknown key `flavour`

fn main() {
    plain::plain!();
}
