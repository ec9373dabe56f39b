//! The store: what is whole is used, what is old goes, and nothing that is in use.

mod support;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use support::{Lab, finish, names};

/// A store with two modules in it.
fn lab() -> Lab {
    let mut lab = Lab::new();
    let syn = lab.library("syn");
    let first = lab.macros("first-derive", &[syn]);
    let second = lab.macros("second-derive", &[syn]);
    lab.root("app", &[first, second]);
    lab.ok(&["build"]);
    lab.take_modes();
    lab
}

fn set_age(path: &Path, days: u64) {
    let time = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
    File::open(path).unwrap().set_modified(time).unwrap();
}

/// A run that goes on using its modules until it is killed.
fn using(lab: &mut Lab) -> Child {
    lab.control = json!({ "use_seconds": 60 });
    let run = lab.start(&["build", "-q"]);
    let begin = Instant::now();
    while !lab.path("fake/using").exists() {
        assert!(begin.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    }
    run
}

#[test]
fn a_damaged_module_is_built_again() {
    // Disks fill up, and copies of caches are cut off.
    let lab = lab();
    let entry = lab.stored("modules").remove(0);
    for damage in [
        &|| fs::write(entry.join("module.wasm"), b"\0asm").unwrap(),
        &|| fs::remove_file(entry.join("module.wasm")).unwrap(),
        &|| fs::write(entry.join("meta.json"), "{").unwrap(),
        &|| fs::remove_file(entry.join("meta.json")).unwrap(),
    ] as [&dyn Fn(); 4]
    {
        damage();
        lab.ok(&["build"]);
        assert_eq!(lab.take_modes(), ["plan", "build", "use"]);
        lab.ok(&["build"]);
        assert_eq!(lab.take_modes(), ["plan", "use"]);
    }
    assert_eq!(lab.stored("tmp"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_store_that_cannot_be_written_stops_nobody() {
    // A cache is not worth a failed build.
    let lab = Lab::usual();
    fs::write(lab.store(), "a file").unwrap();
    let output = lab.ok(&["build"]);
    assert_eq!(output.stderr.matches("warning:").count(), 1, "{}", output.stderr);
    assert!(output.stderr.contains("warning: no module is kept for the next run"), "{}", output.stderr);
    assert!(output.stderr.ends_with("Used 2 macros from Wasm\n"), "{}", output.stderr);
}

#[test]
fn a_store_that_can_only_be_read_is_read() {
    // Somebody may fill one for a whole team, or an image of a machine may bring one. Here it cannot be written in yet another way, since tests
    // may run as somebody who may write everywhere.
    let mut lab = lab();
    fs::remove_dir(lab.store().join("tmp")).unwrap();
    fs::write(lab.store().join("tmp"), "no directory").unwrap();
    let third = lab.macros("third-derive", &[]);
    lab.roots.push(third);
    for _ in 0..2 {
        let output = lab.ok(&["build"]);
        assert_eq!(
            output.stderr.matches("warning: no module is kept for the next run").count(),
            1,
            "{}",
            output.stderr
        );
        assert!(
            output.stderr.contains("Used 3 macros from Wasm (2 cached)") || output.stderr.contains("(3 cached)"),
            "{}",
            output.stderr
        );
        assert_eq!(names(&lab.take_calls("build")[0]["request"]["build"]), ["third-derive"]);
    }
    assert_eq!(lab.stored("modules").len(), 2);
}

#[test]
fn a_listing_names_what_is_there() {
    // For people, and for programs.
    let lab = lab();
    let text = lab.ok(&["store", "list"]).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("PACKAGE               FEATURES  PROFILE  SIZE"), "{text}");
    assert!(lines[1].starts_with("first-derive v1.0.0   default   quick "), "{text}");
    assert!(lines[2].starts_with("second-derive v1.0.0  default   quick "), "{text}");
    let entries: Value = serde_json::from_str(&lab.ok(&["store", "list", "--json"]).stdout).unwrap();
    assert_eq!(entries[1]["name"], json!("second-derive"));
    assert_eq!(entries[1]["features"], json!(["default"]));
    assert!(Path::new(entries[1]["path"].as_str().unwrap()).exists());
    assert!(entries[1]["last_used"].as_u64() >= entries[1]["created"].as_u64());
}

#[test]
fn an_empty_store_is_no_error() {
    // It is the first thing that somebody may try.
    let lab = Lab::new();
    assert_eq!(lab.ok(&["store", "list", "--json"]).stdout, "[]\n");
    assert!(lab.ok(&["store", "gc"]).stderr.contains("Removed 0 modules"));
    assert!(lab.ok(&["store", "clear"]).stderr.contains("Removed 0 modules"));
    assert!(!lab.store().exists(), "looking makes nothing");
}

#[test]
fn what_was_not_used_for_long_is_collected() {
    // By use and not by age: a use is written down.
    let lab = lab();
    let entries = lab.stored("modules");
    for entry in &entries {
        set_age(&entry.join("meta.json"), 40);
    }
    lab.ok(&["build"]);
    set_age(&entries[1].join("meta.json"), 20);
    assert!(lab.ok(&["store", "gc"]).stderr.contains("Removed 0 modules"));
    assert!(lab.ok(&["store", "gc", "--max-age", "10"]).stderr.contains("Removed 1 module,"));
    assert_eq!(lab.stored("modules"), entries[..1]);
    assert_eq!(lab.stored("locks"), Vec::<std::path::PathBuf>::new(), "locks that nobody holds go as well");
}

#[test]
fn the_longest_unused_modules_go_first_if_there_are_too_many() {
    // Disks are finite.
    let lab = lab();
    let entries = lab.stored("modules");
    set_age(&entries[0].join("meta.json"), 1);
    assert!(lab.ok(&["store", "gc", "--max-size", "1G"]).stderr.contains("Removed 0 modules"));
    let size: u64 = fs::read_dir(&entries[1]).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    lab.ok(&["store", "gc", "--max-size", &(size + 100).to_string()]);
    assert_eq!(lab.stored("modules"), entries[1..]);
}

#[test]
fn a_module_in_use_makes_room_for_no_other() {
    // The limit is for what is there afterwards.
    let mut lab = lab();
    let size =
        |entry: &Path| fs::read_dir(entry).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>();
    let used = lab.stored("modules");
    let limit = used.iter().map(|entry| size(entry)).sum::<u64>() + 100;
    let mut run = using(&mut lab);
    lab.control = json!({});
    let third = lab.macros("third-derive", &[]);
    lab.roots = vec![third];
    lab.ok(&["build"]);
    assert_eq!(lab.stored("modules").len(), 3);
    used.iter().for_each(|entry| set_age(&entry.join("meta.json"), 1));
    lab.ok(&["store", "gc", "--max-size", &limit.to_string()]);
    assert_eq!(lab.stored("modules"), used);
    run.kill().unwrap();
    run.wait().unwrap();
}

#[test]
fn bad_news_that_is_read_is_not_forgotten() {
    // A macro that fails would else be built once in a month for nothing.
    let mut lab = lab();
    lab.control = json!({ "failing": { "third-derive": "error: bad" } });
    let third = lab.macros("third-derive", &[]);
    lab.roots.push(third);
    lab.run(&["build"]);
    let kept = || [lab.stored("failures"), lab.stored("compilers")].concat();
    assert_eq!(kept().len(), 2);
    kept().iter().for_each(|file| set_age(file, 40));
    lab.run(&["build"]);
    lab.ok(&["store", "gc"]);
    assert_eq!(kept().len(), 2);
    kept().iter().for_each(|file| set_age(file, 40));
    lab.ok(&["store", "gc"]);
    assert_eq!(kept().len(), 0);
}

#[test]
fn what_a_killed_run_has_left_is_swept_after_a_day() {
    // Not earlier: it may belong to a run that still goes on.
    let lab = lab();
    for name in ["run-young", "run-old"] {
        fs::create_dir(lab.store().join("tmp").join(name)).unwrap();
    }
    set_age(&lab.store().join("tmp/run-old"), 2);
    fs::create_dir(lab.store().join("tmp/another's")).unwrap();
    set_age(&lab.store().join("tmp/another's"), 2);
    lab.ok(&["build"]);
    assert_eq!(lab.stored("tmp"), ["another's", "run-young"].map(|name| lab.store().join("tmp").join(name)));
}

#[test]
fn clearing_removes_everything_and_the_next_run_works() {
    // It is what people try when something is odd.
    let mut lab = lab();
    lab.control = json!({ "failing": { "third-derive": "error: bad" } });
    let third = lab.macros("third-derive", &[]);
    lab.roots.push(third);
    lab.run(&["build"]);
    assert_eq!(lab.stored("failures").len(), 1);
    assert!(lab.ok(&["store", "clear"]).stderr.contains("Removed 2 modules"));
    for dir in ["modules", "failures", "sources", "locks", "tmp", "compilers"] {
        assert_eq!(lab.stored(dir), Vec::<std::path::PathBuf>::new(), "{dir}");
    }
    lab.control = json!({});
    assert!(lab.ok(&["build"]).stderr.contains("Used 3 macros from Wasm"));
}

#[test]
fn modules_that_a_run_uses_are_left_alone() {
    // Cargo copies them some time after they were looked up.
    let mut lab = lab();
    let mut run = using(&mut lab);
    let output = lab.ok(&["store", "clear"]);
    assert!(output.stderr.contains("Removed 0 modules, 0 B; left 2 that a run is using"), "{}", output.stderr);
    assert!(lab.ok(&["store", "gc", "--max-size", "0"]).stderr.contains("left 2"));
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(lab.ok(&["store", "clear"]).stderr.contains("Removed 2 modules"), "locks go with their process");
}

#[test]
fn a_directory_that_is_no_store_is_left_alone() {
    // A variable may say the home directory by mistake.
    let lab = Lab::usual();
    fs::create_dir(lab.store()).unwrap();
    fs::write(lab.store().join("thesis"), "years of work").unwrap();
    for command in ["gc", "clear"] {
        let output = lab.run(&["store", command]);
        assert_eq!(output.code, 101);
        assert!(output.stderr.contains("is not a module store"), "{}", output.stderr);
    }
    // Nor is it made one.
    fs::create_dir_all(lab.store().join("tmp/run-of-mine")).unwrap();
    set_age(&lab.store().join("tmp/run-of-mine"), 2);
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("no module is kept for the next run, because `"), "{}", output.stderr);
    assert!(output.stderr.contains("is not a module store"), "{}", output.stderr);
    let names = fs::read_dir(lab.store()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.count(), 2, "the thesis and its directory");
    assert!(lab.store().join("thesis").exists() && lab.store().join("tmp/run-of-mine").exists());
}

#[test]
fn modules_are_as_readable_as_the_umask_says() {
    // Others may be meant to read a store, and a temporary directory is private.
    let lab = lab();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&lab.stored("modules")[0]), mode(&lab.store().join("modules")));
}

#[test]
fn the_place_follows_the_environment() {
    // As every cache of a user's.
    let lab = Lab::usual();
    let mut command = lab.command(&["build"]);
    command.env_remove("WASM_PROC_MACRO_STORE").env("XDG_CACHE_HOME", lab.path("cache"));
    assert_eq!(finish(command).code, 0);
    assert!(lab.path("cache/rustc-wasm-proc-macro/store/modules").exists());
    let mut command = lab.command(&["build"]);
    command.env("WASM_PROC_MACRO_STORE", "relative");
    assert_eq!(finish(command).code, 0);
    assert!(lab.path("project/relative/modules").exists());
}
