//! A macro that aborts.
//@ native-dies: `abort` ends the process
//@ says: trap
//@ says: a later expansion works

ends::aborts!();
ends::works!();

fn main() {}
