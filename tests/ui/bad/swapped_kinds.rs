// A module whose declarations have the kinds wrong: its macros are not what they are called as.
//@ faulty: swapped-kinds

plain::plain_attr!(called with one stream);
//~^ ERROR: procedural macro stopped

#[plain::plain(called with two)]
//~^ ERROR: procedural macro stopped
struct Item;

fn main() {}
