//! A macro that overflows the stack.
//@ native-dies: the guard page ends the process
//@ says: stack
//@ says: a later expansion works

ends::recurses!();
ends::works!();

fn main() {}
