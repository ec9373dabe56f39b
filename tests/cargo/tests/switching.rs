//! Plain Cargo and the command by turns in one target directory, and one project after another with one store.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use cargo_tests::{CargoOutcome as _, Kind, Site, store};
use tests::{Outcome, RustcExt as _};

const BOTH: [(Kind, &str); 2] = [(Kind::Plain, "native"), (Kind::Command, "wasm")];

/// Runs the program in a target directory that both share, and says what it printed and what was compiled.
fn run(site: &Site, kind: Kind) -> (String, BTreeSet<String>) {
    let outcome = run_outcome(site, kind);
    (outcome.stdout.clone(), outcome.compiled())
}

fn run_outcome(site: &Site, kind: Kind) -> Outcome {
    site.cargo(kind, &["run", "--locked"]).outcome().success()
}

fn nothing() -> BTreeSet<String> {
    BTreeSet::new()
}

/// Either kind finds its own artifacts again, and neither takes the other's: the program says which build of a macro has made it.
#[test]
fn neither_disturbs_the_other() {
    let site = Site::with_shared_store("workspace");
    let line = |kind| format!("hello; macros: {kind}; alpha beta gamma\n");
    let (said, native) = run(&site, Kind::Plain);
    assert_eq!(said, line("native"));
    let (said, wasm) = run(&site, Kind::Command);
    assert_eq!(said, line("wasm"));
    // What no macro has part in is the same for both.
    let shared = ["itoa 1.0.19", "memchr 2.8.3", "serde_core 1.0.229", "zmij 1.0.23"].map(str::to_owned);
    for package in shared {
        assert!(native.contains(&package) && !wasm.contains(&package), "{package}\n{native:#?}\n{wasm:#?}");
    }
    for (kind, name) in BOTH {
        assert_eq!(run(&site, kind), (line(name), nothing()), "for the second time, {name}");
    }
    for (kind, name) in BOTH {
        let test = site.cargo(kind, &["test", "--locked"]).outcome().success();
        assert!(!test.passed().is_empty(), "{test}");
        let again = site.cargo(kind, &["test", "--locked"]).outcome().success();
        assert_eq!(again.compiled(), nothing(), "tests for the second time, {name}\n{again}");
    }
}

/// A macro crate of the workspace is built anew for both when its source changes, and what uses it, with rustc's incremental state.
#[test]
fn an_edit_of_a_macro_is_seen_by_both() {
    let site = Site::of("packages/small");
    for (kind, name) in BOTH {
        assert_eq!(run(&site, kind).0, format!("hello from {name}: 42 [1, 4, 9, 16]\n"));
    }
    site.edit("macros/src/lib.rs", "\"hello\"", "\"good morning\"");
    let users: BTreeSet<String> = ["small-macros 0.1.0", "small 0.1.0"].map(str::to_owned).into();
    for (kind, name) in BOTH {
        assert_eq!(run(&site, kind), (format!("good morning from {name}: 42 [1, 4, 9, 16]\n"), users.clone()));
    }
    for (kind, name) in BOTH {
        assert_eq!(run(&site, kind), (format!("good morning from {name}: 42 [1, 4, 9, 16]\n"), nothing()));
    }
    // Back to what was there before: the file is new, its content is not.
    site.edit("macros/src/lib.rs", "\"good morning\"", "\"hello\"");
    for (kind, name) in BOTH.into_iter().rev() {
        assert_eq!(run(&site, kind).0, format!("hello from {name}: 42 [1, 4, 9, 16]\n"));
    }
}

/// What a macro crate includes is a source as well.
#[test]
fn an_edit_of_a_file_that_a_macro_crate_includes_is_seen_by_both() {
    let site = Site::with_shared_store("workspace");
    for (kind, _) in BOTH {
        run(&site, kind);
    }
    site.edit("macros/src/words.txt", "beta\n", "");
    for (kind, name) in BOTH {
        assert_eq!(run(&site, kind).0, format!("hello; macros: {name}; alpha gamma\n"));
    }
}

/// A file that a macro reads while it runs is known to be read, which it is not natively.
#[test]
fn an_edit_of_a_file_that_a_macro_reads_is_seen() {
    let site = Site::with_shared_store("workspace");
    site.edit("app/src/main.rs", "app::WORDS.join(\" \")", "app::NOTICE.trim_end()");
    assert_eq!(run(&site, Kind::Command).0, "hello; macros: wasm; This file is in the package that uses the macro.\n");
    site.edit("app/data/notice.txt", "the package", "THE package");
    let (said, compiled) = run(&site, Kind::Command);
    assert_eq!(said, "hello; macros: wasm; This file is in THE package that uses the macro.\n");
    assert_eq!(compiled, ["app 0.3.0".to_owned()].into());
}

/// Features belong to what a macro is: `app/loud` is a feature of `local-macros`, too.
#[test]
fn another_set_of_features_is_another_macro() {
    let site = Site::with_shared_store("workspace");
    let said = |words: &[&str]| site.command(&[&["run", "--locked", "--package=app"], words].concat()).success().stdout;
    assert_eq!(said(&[]), "hello; macros: wasm; alpha beta gamma\n");
    assert_eq!(said(&["--features=loud"]), "HELLO; macros: wasm; alpha beta gamma\n");
    assert_eq!(said(&[]), "hello; macros: wasm; alpha beta gamma\n");
}

/// The second project of a user compiles neither macros nor what they are made of.
#[test]
fn the_second_project_begins_with_modules() {
    let (first, mut second) = (Site::of("workspace"), Site::of("workspace"));
    let cold = run_outcome(&first, Kind::Command);
    assert!(cold.built_for_wasm().contains(&"serde_derive 1.0.229".to_owned()), "{cold}");
    let stored = store::packages(&first.store);

    second.store.clone_from(&first.store);
    // No path macros, whose dependencies a new target directory has to have.
    second.edit("app/Cargo.toml", "shapes = { package = \"local-macros\", path = \"../macros\" }\n", "");
    second.edit("app/Cargo.toml", "outer = { path = \"../outer\" }\n", "");
    second.edit("app/Cargo.toml", "loud = [\"shapes/loud\"]\n", "");
    let derives = "#[derive(codec::Serialize, thiserror::Error, Debug)]\n#[serde(crate = \"codec\")]\n#[error(\"no\")]";
    second.write("app/src/lib.rs", &format!("{derives}\npub struct No;\n"));
    second.write("app/src/main.rs", "fn main() { println!(\"{}\", app::No); }\n");
    let warm = second.command(&["run", "--offline"]).success();
    assert_eq!((warm.stdout.as_str(), warm.built_for_wasm()), ("no\n", Vec::new()), "{warm}");
    let summary = warm.summary();
    assert!(summary.wasm == summary.cached && summary.wasm > 0, "{warm}");
    assert_eq!(store::packages(&first.store), stored);
}

/// Sources, not times, decide about what the store has of a project's own macros: neither a cleaned project builds them, nor one
/// that is as it was before.
#[test]
fn a_macro_of_the_project_is_stored_by_what_it_is_made_of() {
    let mut site = Site::of("packages/small");
    let greeting = |site: &Site| {
        // What was written a moment ago may have been written while the compiler ran, and is not stored.
        sleep(Duration::from_millis(300));
        let outcome = run_outcome(site, Kind::Command);
        let built = outcome.built_for_wasm().contains(&"small-macros 0.1.0".to_owned());
        (outcome.stdout.split(' ').next().unwrap_or_default().to_owned(), built)
    };
    assert_eq!(greeting(&site), ("hello".to_owned(), true));
    assert_eq!(store::own_packages(&site.store), ["small-macros 0.1.0"]);
    site.target = site.beside("cleaned");
    assert_eq!(greeting(&site), ("hello".to_owned(), false));
    site.edit("macros/src/lib.rs", "\"hello\"", "\"bye\"");
    assert_eq!(greeting(&site), ("bye".to_owned(), true));
    site.edit("macros/src/lib.rs", "\"bye\"", "\"hello\"");
    assert_eq!(greeting(&site), ("hello".to_owned(), false));
    assert_eq!(store::own_packages(&site.store).len(), 2);
}
