// After a trap nobody knows what state a module is in, so the next expansion begins afresh.
//@ wasm: faults
//@ no-native: a native macro takes the compiler with it

faults::counts!();
//~^ ERROR: count is 0
faults::counts!();
//~^ ERROR: count is 1
faults::traps!();
//~^ ERROR: procedural macro stopped
faults::counts!();
//~^ ERROR: count is 0

fn main() {}
