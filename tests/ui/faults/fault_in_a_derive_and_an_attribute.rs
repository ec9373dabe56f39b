// Each fault is one error of its own, and the compiler goes on to the next.
//@ wasm: faults
//@ no-native: a native macro takes the compiler with it

faults::traps!();
//~^ ERROR: procedural macro stopped
faults::aborts!();
//~^ ERROR: procedural macro stopped
faults::traps!();
//~^ ERROR: procedural macro stopped

#[derive(faults::PanicsInDerive)]
//~^ ERROR: proc-macro derive panicked
struct Derived;

fn main() {
    let _type_error: u8 = "reported too";
    //~^ ERROR: mismatched types
}
