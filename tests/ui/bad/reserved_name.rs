// A macro with the name of a built-in attribute that nothing shadows.
//@ bad: reserved-name

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
