//! A macro that panics in a function that cannot unwind.
//@ native-dies: such a panic aborts
//@ says: panic
//@ says: a later expansion works

ends::panics_through_c!();
ends::works!();

fn main() {}
