// A module whose declarations have the kinds wrong.
//@ bad: swapped-kinds

fn main() {
    plain::plain!();
    //~^ ERROR: procedural macro stopped
}
