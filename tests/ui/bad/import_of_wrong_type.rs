// An import of the right name and the wrong type.
//@ bad: import-of-wrong-type

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
