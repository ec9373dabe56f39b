// The code of `std::process::exit` is said, and is not the compiler's.
//@ wasm: faults
//@ no-native: a native macro takes the compiler with it

faults::exits!(42);
//~^ ERROR: procedural macro stopped

fn main() {}
