// A kind of macro that does not exist.
//@ bad: unknown-kind

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
