// One function for two macros.
//@ bad: duplicate-function

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
