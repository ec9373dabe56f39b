// A version that is none.
//@ bad: bad-version
//@ error-in-other-file: bad value of key `version`

fn main() {
    plain::plain!();
}
