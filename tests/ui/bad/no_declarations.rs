// A module that lacks the section with its macros.
//@ bad: no-declarations

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
