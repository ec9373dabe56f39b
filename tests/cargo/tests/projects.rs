//! Whole projects under `cargo wasm-proc-macro test`: the same tests pass as with plain Cargo, no macro is native, nothing
//! is compiled that only macros need, and no file of the project changes.

use cargo_tests::{CargoOutcome as _, Graph, Project, Site, store};
use tests::Outcome;

/// A test for each program, with what makes it too long for every run. What plain Cargo builds of the others is kept.
macro_rules! projects {
    ($($(#[$attribute:meta])* $name:ident $(, $kept:ident)?;)*) => {
        $(
            #[test]
            $(#[$attribute])*
            fn $name() {
                let project = Project::named(stringify!($name));
                let (native, wasm) = (Site::of_project(&project) $(.$kept(&project.name))?, Site::of_project(&project));
                check(&native, &wasm, &[]);
            }
        )*

        const PROJECTS: &[&str] = &[$(stringify!($name)),*];
    };
}

projects! {
    hyperfine, kept;
    #[ignore = "it takes minutes: `./x.py test cargo --all`"]
    just;
    #[ignore = "it takes minutes: `./x.py test cargo --all`"]
    mdbook;
    #[ignore = "it takes minutes: `./x.py test cargo --all`"]
    tokei;
}

/// Runs the tests of one project in two copies of it, with more words on the command line. Returns what the command said when it
/// built them. The native tests run each time, whenever they were built.
fn check(native: &Site, wasm: &Site, words: &[&str]) -> Outcome {
    let before = native.snapshot();
    wasm.snapshot().assert_is(&before, "unpacking a second time");
    let test = |more: &[&'static str]| [&["test", "--locked", "--no-fail-fast"], words, more].concat();

    let expected = native.plain(&test(&[]));
    // Only built at first: the tests of mdbook run Cargo in this target directory, and write into the tree.
    let built = wasm.command(&test(&["--forbid-native", "--no-run"])).success();
    wasm.snapshot().assert_is(&before, "the command");
    let graph = Graph::of(native, words);
    assert!(!graph.only_macros().is_empty(), "macros need nothing in this project:\n{graph:?}");
    graph.assert_native(native);
    let modules = graph.assert_from_wasm(wasm, &built);
    let summary = built.summary();
    assert_eq!((summary.wasm, summary.native), (modules, 0), "{built}");

    let after = native.snapshot();
    let outcome = wasm.command(&test(&["--forbid-native"]));
    wasm.snapshot().assert_is(&after, "the tests");

    assert!(!expected.passed().is_empty(), "no test passes:\n{expected}");
    let differ = expected.passed() != outcome.passed() || expected.failed() != outcome.failed();
    assert!(!differ && expected.code == outcome.code, "not the same tests pass:\n{expected}\n{outcome}");

    assert!(store::leftovers(&wasm.store).is_empty(), "{:?}", store::leftovers(&wasm.store));
    built
}

#[test]
fn workspace() {
    let (native, mut wasm) = (Site::of("workspace").kept("workspace"), Site::of("workspace"));
    let cold = check(&native, &wasm, &[]);
    assert_eq!(cold.summary().cached, 0, "{cold}");
    let stored = store::packages(&wasm.store);
    let expected = [
        "displaydoc 0.2.7",
        "indoc 1.0.9",
        "indoc 2.0.8",
        "serde_derive 1.0.229",
        "thiserror-impl 1.0.69",
        "thiserror-impl 2.0.21",
    ];
    assert_eq!(stored, expected, "{cold}");
    let own = store::own_packages(&wasm.store);
    assert_eq!(own, ["local-macros 0.1.0", "outer 0.2.0"], "{cold}");

    // The tests of macro crates are programs of the host, so that it needs their syn, too. Their macros are from Wasm
    // nevertheless. In a new target directory, as of a project that was cleaned, nothing is built for them.
    wasm.target = wasm.beside("tests-of-macros");
    let warm = check(&native, &wasm, &["--workspace"]);
    assert_eq!(warm.summary().cached, expected.len() + own.len(), "{warm}");
    assert_eq!(store::packages(&wasm.store), stored, "{warm}");

    // With another feature `local-macros` is another one, of which the store knows nothing either.
    wasm.target = wasm.beside("with-a-feature");
    check(&native, &wasm, &["--features=app/loud"]);
    assert_eq!(store::packages(&wasm.store), stored);
}

#[test]
fn every_project_has_a_test() {
    let listed: Vec<String> =
        Project::all().into_iter().filter(|project| !project.only_measured).map(|project| project.name).collect();
    assert_eq!(listed, PROJECTS);
}
