//! A macro that panics in a destructor while another panic unwinds.
//@ native-dies: a panic in a destructor while another unwinds aborts
//@ says: panic
//@ says: a later expansion works

ends::panics_twice!();
ends::works!();

fn main() {}
