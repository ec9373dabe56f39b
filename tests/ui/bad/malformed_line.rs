// A declaration with too few parts.
//@ bad: malformed-line

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
