// Exports of the right names and the wrong kinds.
//@ bad: run-is-global

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
