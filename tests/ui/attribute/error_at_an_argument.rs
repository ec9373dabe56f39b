// An attribute's arguments keep their spans: an error about one points at it.
//@ wasm: attributes

#[attributes::strict]
fn fine() {}

#[attributes::strict(unexpected = 1)]
//~^ ERROR: `strict` takes no arguments
fn refused() {}

fn main() {
    fine();
}
