// A macro that a library used for itself is missing downstream: rustc's own words.
//@ library: user_only

extern crate user_only;
//~^ ERROR: can't find crate for `speaker` which `user_only` depends on

fn main() {}
