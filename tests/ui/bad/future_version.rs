// A version of the binary format that does not exist.
//@ bad: future-version
//@ error-in-other-file: unknown version

fn main() {
    plain::plain!();
}
