//! What macros may have stands in a file for each unit, and a unit is compiled again when that has changed for it.

use std::collections::BTreeSet;
use std::fs;

use cargo_tests::{CargoOutcome as _, Site};

/// What is compiled by a call that succeeds.
fn compiled(site: &Site, words: &[&str]) -> BTreeSet<String> {
    site.command(words).success().compiled()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| format!("{name} 0.1.0")).collect()
}

/// A program with a library that knows only one of its macros.
fn site() -> Site {
    let site = Site::with_shared_store("packages/small");
    let manifest =
        "[package]\nname = \"rows\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nseq-macro = \"0.3\"\n";
    site.write("rows/Cargo.toml", manifest);
    site.write("rows/src/lib.rs", "seq_macro::seq!(N in 0..3 { pub fn row~N() -> u32 { N } });\n");
    site.edit("Cargo.toml", "paste = \"1\"\n", "paste = \"1\"\nrows = { path = \"rows\" }\n");
    site
}

/// Nothing but what a macro's output may have gone into is compiled again when the user grants it something, or takes that back.
#[test]
fn a_changed_grant_concerns_what_its_macro_reaches() {
    let site = site();
    for command in ["build", "check"] {
        site.command(&[command]).success();
        assert_eq!(compiled(&site, &[command]), names(&[]), "{command}");
        site.write("wasm-proc-macro.toml", "[permissions.small-macros]\nenv = [\"ANYTHING\"]\n");
        assert_eq!(compiled(&site, &[command]), names(&["small"]), "{command}");
        assert_eq!(compiled(&site, &[command]), names(&[]), "{command}");
        site.write("wasm-proc-macro.toml", "[permissions.seq-macro]\nenv = [\"ANYTHING\"]\n");
        assert_eq!(compiled(&site, &[command]), names(&["rows", "small"]), "{command}");
        assert_eq!(compiled(&site, &[command]), names(&[]), "{command}");
        fs::remove_file(site.tree.join("wasm-proc-macro.toml")).unwrap();
        assert_eq!(compiled(&site, &[command]), names(&["rows", "small"]), "{command}");
    }
}

/// Documentation has no dep-info.
#[test]
fn documentation_is_written_again_as_well() {
    let site = site();
    site.command(&["doc", "--no-deps"]).success();
    assert_eq!(compiled(&site, &["doc", "--no-deps"]), names(&[]));
    site.write("wasm-proc-macro.toml", "[permissions.paste]\nenv = [\"ANYTHING\"]\n");
    assert_eq!(compiled(&site, &["doc", "--no-deps"]), names(&["small"]));
    assert_eq!(compiled(&site, &["doc", "--no-deps"]), names(&[]));
}
