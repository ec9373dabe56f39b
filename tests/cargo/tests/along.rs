//! Modules that are not there are built in the same graph as what uses them, where plain Cargo has the switch.

use std::fs;

use cargo_tests::{CargoOutcome as _, Site, Summary, store};

const ON: &str = "[wasm-proc-macro]\nenabled = true\n";

/// Two macros of the registry and one of its own, and nothing that is known of them.
fn site() -> Site {
    let site = Site::of("packages/small");
    site.write(".cargo/config.toml", ON);
    site
}

fn all_from_wasm(cached: usize) -> Summary {
    Summary { wasm: 3, cached, ..Summary::default() }
}

/// The difference between the first build and the next one is an edge of the graph that tells nothing about what is built.
#[test]
fn the_next_build_finds_everything_as_the_first_one_left_it() {
    let site = site();
    let outcome = site.plain(&["build", "--locked"]).success();
    assert_eq!(outcome.summary(), all_from_wasm(0), "{outcome}");
    assert_eq!(outcome.built_for_wasm(), [""; 0], "{outcome}");
    assert_eq!(store::packages(&site.store), ["paste 1.0.15", "seq-macro 0.3.6"], "{outcome}");
    for _ in 0..2 {
        let outcome = site.plain(&["build", "--locked"]).success();
        assert!(outcome.compiled().is_empty(), "{outcome}");
        assert_eq!(outcome.summary(), all_from_wasm(3), "{outcome}");
    }
    let said = site.plain(&["run", "--locked"]).success().stdout;
    assert_eq!(said, "hello from wasm: 42 [1, 4, 9, 16]\n");
    // And so does the subcommand, which builds modules before.
    assert!(site.command(&["build", "--locked"]).success().compiled().is_empty());
}

/// Cargo goes by the times of files. What an edit has made anew is seen although the edge tells nothing.
#[test]
fn an_edit_of_a_macro_is_seen() {
    let site = site();
    let says = |word: &str| {
        let outcome = site.plain(&["run", "--locked"]).success();
        assert_eq!(outcome.stdout, format!("{word} from wasm: 42 [1, 4, 9, 16]\n"), "{outcome}");
    };
    says("hello");
    for word in ["good day", "good night", "hello"] {
        let before = site.read("macros/src/lib.rs");
        site.write("macros/src/lib.rs", &before.replace(before_word(&before), word));
        says(word);
    }
    // Modules that are gone are built again, and nothing is as it was for Cargo.
    fs::remove_dir_all(&site.store).expect("there is a store");
    fs::remove_dir_all(site.target.join("wasm-proc-macro")).expect("Cargo has noted something");
    says("hello");
    assert!(site.plain(&["build", "--locked"]).success().compiled().is_empty());
}

fn before_word(text: &str) -> &'static str {
    let words = ["hello", "good day", "good night"];
    words.into_iter().find(|word| text.contains(&format!("\"{word}\""))).expect("a greeting")
}

/// An error in the program is no reason to lose what was built, nor to say it twice.
#[test]
fn what_was_built_before_an_error_is_kept() {
    let site = site();
    site.edit("src/main.rs", "fn main() {", "fn wrong() -> Missing {}\n\nfn main() {");
    let outcome = site.plain(&["build", "--locked"]).ends_with(101);
    assert_eq!(outcome.stderr.matches("cannot find type `Missing`").count(), 1, "{outcome}");
    assert_eq!(outcome.summary(), all_from_wasm(0), "{outcome}");
    assert_eq!(store::packages(&site.store), ["paste 1.0.15", "seq-macro 0.3.6"], "{outcome}");
    site.edit("src/main.rs", "fn wrong() -> Missing {}\n\n", "");
    let outcome = site.plain(&["build", "--locked"]).success();
    assert_eq!(outcome.compiled().into_iter().collect::<Vec<_>>(), ["small 0.1.0"], "{outcome}");
    assert_eq!(outcome.summary(), all_from_wasm(3), "{outcome}");
}

/// What the compiler says of a macro that cannot be a module is for whoever asks for it; that it cannot is said once, with the line to write.
#[test]
fn a_macro_that_does_not_compile_is_an_error_of_its_own() {
    let site = site();
    site.edit(
        "macros/src/lib.rs",
        "use proc_macro::",
        "#[cfg(target_family = \"wasm\")]\ncompile_error!(\"not on wasm\");\nuse proc_macro::",
    );
    let outcome = site.plain(&["build", "--locked"]).ends_with(101);
    assert_eq!(outcome.stderr.matches("not on wasm").count(), 1, "{outcome}");
    let outcome = outcome.says("[permissions.small-macros]\nnative = true\n");
    // The others were built all the same.
    assert_eq!(store::packages(&site.store), ["paste 1.0.15", "seq-macro 0.3.6"], "{outcome}");
    site.write("wasm-proc-macro.toml", "[permissions.small-macros]\nnative = true\n");
    let outcome = site.plain(&["build", "--locked"]).success();
    assert_eq!((outcome.summary().wasm, outcome.summary().native), (2, 1), "{outcome}");
}
