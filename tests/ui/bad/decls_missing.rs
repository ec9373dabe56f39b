// A module without the exported address of its declarations.
//@ bad: decls-missing

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
