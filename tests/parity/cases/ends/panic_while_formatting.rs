//! A macro that panics while the message of its panic is made.
//@ native-dies: such a panic aborts
//@ says: panic
//@ says: a later expansion works

ends::panics_while_formatting!();
ends::works!();

fn main() {}
