// An empty line.
//@ bad: empty-line

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
