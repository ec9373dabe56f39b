// A line of the ABI section without `=`.
//@ bad: no-value
//@ error-in-other-file: malformed line

fn main() {
    plain::plain!();
}
