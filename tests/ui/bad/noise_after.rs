// Bytes behind the module that are no section.
//@ bad: noise-after

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
