//! Modules that are optimized in the background, after builds of plain Cargo.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use cargo_tests::{CargoOutcome as _, Site, store};

/// The process is started by Cargo, and calls a Cargo of its own with the same line. The next build takes what it has built.
#[test]
fn what_plain_cargo_has_used_is_optimized_and_taken() {
    let site = Site::of("packages/small");
    site.write(".cargo/config.toml", "[wasm-proc-macro]\nenabled = true\noptimize = \"background\"\n");
    site.plain(&["check"]).success().does_not_say("background");
    let log = || fs::read_to_string(site.store.join("background/log")).unwrap_or_default();
    let start = Instant::now();
    while !log().contains("Optimized") {
        assert!(start.elapsed() < Duration::from_secs(600), "it is not done; the log:\n{}", log());
        sleep(Duration::from_millis(100));
    }
    // Those of path packages stay as they are.
    assert!(log().contains("Optimized 2 of 2 modules\n"), "{}", log());
    let modules = store::modules(&site.store).len();
    site.plain(&["check", "-v"]).success().says("(3 cached)").does_not_say("in the background");
    assert_eq!((modules, store::modules(&site.store).len()), (5, 5));
}
