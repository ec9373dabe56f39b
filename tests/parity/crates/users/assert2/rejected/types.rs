//! Operands that cannot be compared, shown or matched.
//@ edition: 2021
//@ library: assert2
//@ macros: assert2_macros
//@ count: 5

use assert2::{assert, check};

struct Opaque;

fn main() {
    check!(1u8 == "text");
    check!(Opaque == Opaque);
    assert!(5);
    check!(let Some(x) = 5);
    check!(undefined + 1 > 2);
}
