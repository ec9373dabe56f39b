// A module that says that its crate is in a source file which it does not describe.
//@ bad: span-outside

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
