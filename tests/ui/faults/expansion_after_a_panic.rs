// After a panic the module works on, with the state that it had: unwinding leaves it whole.
//@ wasm: faults

faults::counts!();
//~^ ERROR: count is 0
faults::panics!();
//~^ ERROR: proc macro panicked
faults::counts!();
//~^ ERROR: count is 1
faults::works!();
//~^ ERROR: a later expansion works

fn main() {}
