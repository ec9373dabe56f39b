// An import from a module that nobody offers.
//@ bad: unknown-import-module

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
