// A declaration with too many parts.
//@ bad: too-many-parts

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
