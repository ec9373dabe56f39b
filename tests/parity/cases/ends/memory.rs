//! A macro that takes more memory than there is.
//@ native-dies: an allocation that fails aborts
//@ says: memory
//@ says: a later expansion works

ends::allocates!();
ends::works!();

fn main() {}
