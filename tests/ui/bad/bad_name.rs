// A name that is no identifier.
//@ bad: bad-name

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
