// Checked arithmetic panics, and does not trap.
//@ wasm: faults

const _: &str = faults::divides!();
//~^ ERROR: proc macro panicked

fn main() {}
