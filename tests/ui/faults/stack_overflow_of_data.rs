// Recursion without end, with large frames, which overflows the module's own stack first, ends the expansion and not the compiler: one error, and a later expansion works.
//@ wasm: faults
//@ no-native: a native macro takes the compiler with it

faults::recurses_with_data!();
//~^ ERROR: procedural macro stopped

faults::works!();
//~^ ERROR: a later expansion works

fn main() {}
