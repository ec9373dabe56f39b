// A name that the module does not have is an unresolved import, with the same suggestion as natively.
//@ wasm: describe

use describe::Describes;
//~^ ERROR: unresolved import `describe::Describes`

#[derive(describe::Nothing)]
//~^ ERROR: cannot find `Nothing` in `describe`
struct Whatever;

fn main() {}
