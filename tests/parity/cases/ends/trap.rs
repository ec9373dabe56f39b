//! A macro that executes an instruction that traps.
//@ native-dies: the instruction raises a signal that ends the process
//@ says: trap
//@ says: a later expansion works

ends::traps!();
ends::works!();

fn main() {}
