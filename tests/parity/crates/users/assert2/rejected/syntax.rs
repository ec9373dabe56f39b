//! Assertions that are not expressions, and patterns in the wrong place.
//@ edition: 2021
//@ library: assert2
//@ macros: assert2_macros
//@ count: 9

use assert2::{assert, check, let_assert};

fn main() {
    assert!();
    check!(1 ==);
    check!(let Some(x) = );
    check!(1 == 1, 5);
    check!(let Some(x) = Some(1) || true);
    check!(let_assert!(1));
    let_assert!(Some(x));
    let_assert!(Some(x) = Some(1), "{missing}");
    assert!(1 == 1 "no comma");
}
