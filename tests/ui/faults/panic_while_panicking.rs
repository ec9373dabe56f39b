// A panic during another's unwinding aborts; the words of a panic are there all the same.
//@ wasm: faults
//@ no-native: a native macro takes the compiler with it

faults::panics_twice!();
//~^ ERROR: panicked

faults::works!();
//~^ ERROR: a later expansion works

fn main() {}
