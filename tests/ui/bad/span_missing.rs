// A module that says of no macro where it is defined, but says it of its crate.
//@ bad: span-missing

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
