//! A macro that overflows the stack with its data.
//@ native-dies: the guard page ends the process
//@ says: stack
//@ says: a later expansion works

ends::recurses_with_data!();
ends::works!();

fn main() {}
