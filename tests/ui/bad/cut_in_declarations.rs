// A module that ends within its last sections.
//@ bad: cut-in-declarations

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
