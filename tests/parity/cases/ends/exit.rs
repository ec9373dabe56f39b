//! A macro that exits.
//@ native-dies: `exit` ends the process
//@ says: exit
//@ says: a later expansion works

ends::exits!(3);
ends::works!();

fn main() {}
