//! A run that is killed, at any moment, leaves nothing behind that the next one trips over; many runs at once do not
//! disturb each other.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;

use cargo_tests::interrupt::{Point, Whom, run_until};
use cargo_tests::{CargoOutcome as _, Kind, Site, store};
use tests::RustcExt as _;

/// How many runs there are at once.
const RUNS: usize = 16;

const TEST: [&str; 3] = ["test", "--locked", "--forbid-native"];

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Kills a run in an empty target directory, with an empty store, and then lets another do it all.
fn check(point: Point, whom: Whom) {
    let site = Site::of("packages/small");
    let before = site.snapshot();
    let (said, was_killed) = run_until(site.cargo(Kind::Command, &TEST), point, whom);
    let context = format!("killed at {point:?}: {was_killed}, {whom:?}; it had said:\n{said}");
    assert!(was_killed, "{context}");
    // What is in the store is whole at any time.
    store::modules(&site.store);
    site.snapshot().assert_is(&before, &context);

    let outcome = site.command(&TEST).success();
    assert_eq!(outcome.passed().len(), 3, "{context}\n{outcome}");
    assert_eq!((outcome.summary().wasm, outcome.summary().native), (3, 0), "{context}\n{outcome}");
    assert_eq!(store::packages(&site.store), ["paste 1.0.15", "seq-macro 0.3.6"], "{context}\n{outcome}");
    site.snapshot().assert_is(&before, &context);
    let said = site.command(&["run", "--locked"]).success().stdout;
    assert_eq!(said, "hello from wasm: 42 [1, 4, 9, 16]\n", "{context}");
}

/// Before anything is built: the toolchain is looked at, and Cargo makes its plan.
#[test]
fn killed_while_planning() {
    for time in [5, 80] {
        check(Point::Start(ms(time)), Whom::All);
    }
}

/// While modules are built and put into the store.
#[test]
fn killed_while_modules_are_built() {
    for (line, time) in
        [("Building", 0), ("Building seq-macro", 1000), ("Finished 2 modules", 0), ("Building small-macros", 100)]
    {
        check(Point::Line(line, ms(time)), Whom::All);
    }
}

/// While Cargo does what the user wants.
#[test]
fn killed_while_cargo_uses_the_modules() {
    for (line, time) in [("Compiling", 0), ("Compiling small ", 300), ("Running", 0)] {
        check(Point::Line(line, ms(time)), Whom::All);
    }
}

/// Its Cargo goes on, and the next run meets it.
#[test]
fn the_command_alone_is_killed() {
    for (line, time) in [("Building", 200), ("Compiling", 50)] {
        check(Point::Line(line, ms(time)), Whom::Command);
    }
}

/// Of many runs on one empty store each comes to its end, and each module is built once. They are of different projects, for in one
/// project Cargo itself lets only one build at a time.
#[test]
fn sixteen_at_once_build_each_module_once() {
    let first = Site::of("packages/small");
    let sites: Vec<Site> = (0..RUNS)
        .map(|_| {
            let mut site = Site::of("packages/small");
            site.store.clone_from(&first.store);
            site
        })
        .collect();
    let runs: Vec<_> = thread::scope(|scope| {
        let start = |site| scope.spawn(move || Site::cargo(site, Kind::Command, &TEST).outcome());
        let runs: Vec<_> = sites.iter().map(start).collect();
        runs.into_iter().map(|run| run.join().expect("no run panics")).collect()
    });
    let mut built = Vec::new();
    for run in runs {
        let run = run.success();
        assert_eq!(run.passed().len(), 3, "{run}");
        assert_eq!((run.summary().wasm, run.summary().native), (3, 0), "{run}");
        built.extend(run.built_for_wasm());
    }
    let times = |package: &str| built.iter().filter(|name| *name == package).count();
    assert_eq!((times("paste 1.0.15"), times("seq-macro 0.3.6")), (1, 1), "{built:?}");
    // A path macro is each project's own.
    assert_eq!(times("small-macros 0.1.0"), RUNS, "{built:?}");
    assert_eq!(store::packages(&first.store), ["paste 1.0.15", "seq-macro 0.3.6"]);
    assert_eq!(store::leftovers(&first.store), Vec::<std::path::PathBuf>::new());
}

/// Runs in one project at once, of both kinds.
#[test]
fn both_kinds_at_once_in_one_project() {
    let site = Site::of("packages/small");
    thread::scope(|scope| {
        let kinds = [Kind::Command, Kind::Plain, Kind::Command, Kind::Plain];
        let site = &site;
        let runs = kinds.map(|kind| (kind, scope.spawn(move || site.cargo(kind, &["run", "--locked"]).outcome())));
        for (kind, run) in runs {
            let name = if kind == Kind::Command { "wasm" } else { "native" };
            let outcome = run.join().expect("no run panics").success();
            assert_eq!(outcome.stdout, format!("hello from {name}: 42 [1, 4, 9, 16]\n"), "{outcome}");
        }
    });
}

/// Makes other bytes of a module's.
type Damage = fn(&[u8]) -> Vec<u8>;

/// What is damaged in the store is made again.
#[test]
fn a_damaged_module_is_built_again() {
    let mut site = Site::of("packages/small");
    site.command(&TEST).success();
    let stored = store::modules(&site.store);
    let damages: [Damage; 3] = [
        |bytes| bytes[..bytes.len() / 2].to_vec(),
        |_| Vec::new(),
        |bytes| {
            let mut bytes = bytes.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        },
    ];
    for (index, damage) in damages.into_iter().enumerate() {
        for module in stored.values() {
            fs::write(&module.path, damage(&module.bytes)).unwrap();
        }
        // Cargo knows nothing of it in the old target directory, and everything is new in this one.
        site.target = site.beside(&format!("target-{index}"));
        let outcome = site.command(&TEST).success();
        let built: BTreeSet<String> = outcome.built_for_wasm().into_iter().collect();
        assert!(built.contains("paste 1.0.15") && built.contains("seq-macro 0.3.6"), "{outcome}");
        let again = store::modules(&site.store);
        assert!(stored.iter().all(|(key, module)| again[key].bytes == module.bytes), "other bytes than before");
    }
}

/// A store that cannot be written costs time and a warning, and nothing else.
#[test]
fn a_store_that_cannot_be_written() {
    let mut site = Site::of("packages/small");
    // A file where the directory should be: not even an administrator can write there.
    site.store = site.beside("file/store");
    fs::write(site.beside("file"), "").unwrap();
    let outcome = site.command(&TEST).success();
    assert_eq!((outcome.passed().len(), outcome.summary().wasm), (3, 3), "{outcome}");
    assert_eq!(outcome.stderr.matches("warning:").count(), 1, "{outcome}");
}
