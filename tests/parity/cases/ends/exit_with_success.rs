//! A macro that exits as if all were well.
//@ native-dies: `exit` ends the process
//@ says: exit
//@ says: a later expansion works

ends::exits!(0);
ends::works!();

fn main() {}
