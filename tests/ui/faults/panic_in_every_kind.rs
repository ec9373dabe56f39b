// A panic is one error with the panic's message, at the invocation, worded by kind of macro.
//@ wasm: faults

faults::panics!();
//~^ ERROR: proc macro panicked

faults::panics_with!(some tokens);
//~^ ERROR: proc macro panicked

faults::panics_with_number!();
//~^ ERROR: proc macro panicked

#[derive(faults::PanicsInDerive)]
//~^ ERROR: proc-macro derive panicked
struct Derived;

#[faults::panics_in_attribute]
//~^ ERROR: custom attribute panicked
struct Attributed;

fn main() {}
