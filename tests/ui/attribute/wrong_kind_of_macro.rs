// The compiler knows of what kind each macro of a module is.
//@ wasm: plain

use plain::{Plain, plain, plain_attr};

#[plain]
//~^ ERROR: cannot find attribute `plain` in this scope
struct AttributeExpected;

#[derive(plain_attr)]
//~^ ERROR: expected derive macro, found attribute macro `plain_attr`
struct DeriveExpected;

#[Plain]
//~^ ERROR: expected attribute, found derive macro `Plain`
struct AttributeExpectedAgain;

fn main() {
    plain_attr!();
    //~^ ERROR: cannot find macro `plain_attr` in this scope
}
