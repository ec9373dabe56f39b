#[test]
fn what_is_to_fail_fails() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
