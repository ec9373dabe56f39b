//! The macros as their users see them.

#[test]
fn a_greeting() {
    assert_eq!(local_macros::greeting!(), "hello");
    assert_eq!(local_macros::words!(), ["alpha", "beta", "gamma"]);
}
