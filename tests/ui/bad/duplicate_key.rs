// A key that stands twice.
//@ bad: duplicate-key
//@ error-in-other-file: key `crate` stands again

fn main() {
    plain::plain!();
}
