// A module whose declarations are where there is no memory.
//@ faulty: decls-outside-memory

fn main() {
    plain::plain!();
    //~^ ERROR: procedural macro stopped
}
