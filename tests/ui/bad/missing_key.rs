// A key that is not there.
//@ bad: missing-key
//@ error-in-other-file: key `edition` is missing

fn main() {
    plain::plain!();
}
