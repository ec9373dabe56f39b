// The compiler points to where a macro is defined, and shows the line if the source is there.
//@ wasm: spans
//@ wasm: documented

#[macro_use]
extern crate documented;
#[macro_use]
extern crate spans;

reject_bat! {}
//~^ ERROR: cannot find macro `reject_bat` in this scope

#[derive(Document)]
//~^ ERROR: cannot find derive macro `Document` in this scope
struct Type;

fn main() {}
