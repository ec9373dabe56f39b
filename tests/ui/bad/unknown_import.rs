// An import from the compiler that the compiler does not offer.
//@ bad: unknown-import

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
