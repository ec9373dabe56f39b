// `std::process::abort` ends the expansion and not the compiler: one error, and a later expansion works.
//@ wasm: faults
//@ no-native: a native macro takes the compiler with it

faults::aborts!();
//~^ ERROR: procedural macro stopped

faults::works!();
//~^ ERROR: a later expansion works

fn main() {}
