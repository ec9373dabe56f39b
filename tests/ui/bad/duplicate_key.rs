// A key that stands twice.
//@ bad: duplicate-key
//@ error-in-other-file: duplicate key `crate`

fn main() {
    plain::plain!();
}
