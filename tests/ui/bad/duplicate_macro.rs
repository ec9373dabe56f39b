// Two macros of one name.
//@ bad: duplicate-macro

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
