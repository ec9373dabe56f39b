// A crate name that no crate can have.
//@ bad: bad-crate-name
//@ error-in-other-file: bad value of key `crate`

fn main() {
    plain::plain!();
}
