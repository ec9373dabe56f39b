//! libFuzzer with the target that `FUZZ_TARGET` names.
#![no_main]

use std::sync::LazyLock;

static TARGET: LazyLock<fuzz::Run> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("`FUZZ_TARGET` should name a target");
    fuzz::target(&name).unwrap_or_else(|| panic!("there is no target `{name}`"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    TARGET(data);
});
