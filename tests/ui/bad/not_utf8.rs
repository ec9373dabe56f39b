// Declarations that are not text.
//@ bad: not-utf8

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
