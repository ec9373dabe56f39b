// A helper attribute belongs to its derive: elsewhere it is an error, as with a native macro.
//@ wasm: describe

use describe::{Describe, Notes};

#[derive(Describe)]
#[allow(dead_code)]
struct NotNoted {
    #[note(nobody listens)]
    //~^ ERROR: cannot find attribute `note` in this scope
    first: u8,
}

#[derive(Notes)]
struct Noted(#[note] u8);

fn main() {}
