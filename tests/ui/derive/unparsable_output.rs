// Tokens that are no item come back through the bridge and are the compiler's to refuse.
//@ wasm: describe

use describe::Garbage;

#[derive(Garbage)]
//~^ ERROR: expected one of
//~| ERROR: proc-macro derive produced unparsable tokens
struct Whatever;

fn main() {}
