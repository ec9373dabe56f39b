// Two crates' macros in one module.
//@ bad: declarations-twice

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
