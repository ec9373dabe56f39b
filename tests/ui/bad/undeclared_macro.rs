// A module that declares one macro more than it has.
//@ faulty: undeclared-macro

fn main() {
    plain::ghost!();
    //~^ ERROR: procedural macro stopped
}
