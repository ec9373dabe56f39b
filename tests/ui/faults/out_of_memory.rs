// Memory without end ends the expansion and not the compiler: one error, and a later expansion works.
//@ wasm: faults
//@ no-native: a native macro takes the compiler with it

faults::allocates!();
//~^ ERROR: procedural macro stopped

faults::works!();
//~^ ERROR: a later expansion works

fn main() {}
