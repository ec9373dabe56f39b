// Two sections that say what the module is.
//@ bad: abi-twice

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
