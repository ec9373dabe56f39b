//! Optimizing in the background: by one process at a time, that stands in nobody's way.

#![cfg(unix)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Lab, Output, finish, names};

fn lab() -> Lab {
    let mut lab = Lab::usual();
    lab.settings = json!({ "optimize": "background" });
    lab
}

fn log(lab: &Lab) -> String {
    fs::read_to_string(lab.store().join("background/log")).unwrap_or_default()
}

fn permits(lab: &Lab) -> Vec<PathBuf> {
    let is_permit = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("permit-");
    lab.stored("background").into_iter().filter(is_permit).collect()
}

/// Waits for something that happens in the background, where it has the processor only when nobody else wants it.
#[track_caller]
fn until(lab: &Lab, what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(120), "not {what}; the log:\n{}", log(lab));
        sleep(Duration::from_millis(10));
    }
}

/// Waits until nothing is done in the background any more.
#[track_caller]
fn until_done(lab: &Lab) {
    until(lab, "done", || permits(lab).is_empty() && is_free(lab));
}

/// Whether nobody has the lock.
fn is_free(lab: &Lab) -> bool {
    fs::File::open(lab.store().join("background/lock")).is_ok_and(|lock| lock.try_lock().is_ok())
}

/// The builds of modules, by how they are compiled.
fn builds(lab: &Lab, profile: &str) -> Vec<Value> {
    lab.calls().into_iter().filter(|call| call["mode"] == "build" && call["request"]["profile"] == profile).collect()
}

/// Whether Cargo builds in the background at this moment.
fn until_building(lab: &Lab, times: usize) {
    until(lab, "building", || builds(lab, "optimized").len() == times);
}

fn said(output: &Output) -> &str {
    assert_eq!(output.code, 0, "{}", output.stderr);
    &output.stderr
}

#[test]
fn what_a_build_has_used_is_optimized_after_it() {
    // Whoever builds waits for the quick modules only, and has the good ones the next time.
    let lab = lab();
    let output = lab.ok(&["check", "--workspace"]);
    assert!(!output.stderr.contains("ptimize"), "{}", output.stderr);
    until_done(&lab);
    let built = builds(&lab, "optimized");
    assert_eq!(built.len(), 1, "{}", log(&lab));
    // What is built with others needs these as well.
    assert_eq!(names(&built[0]["request"]["build"]), ["first-derive", "inner-derive", "second-derive"]);
    let args: Vec<&str> = built[0]["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    assert!(args[0] == "check" && args.contains(&"--workspace"), "{args:?}");
    assert!(args.iter().any(|word| word.ends_with("store/background/target")), "{args:?}");
    assert!(!lab.store().join("background/target").exists());
    assert!(log(&lab).contains("   Optimized 3 of 3 modules\n"), "{}", log(&lab));
    // The next build takes them, and there is nothing more to do.
    lab.take_modes();
    let output = lab.ok(&["check", "-v"]);
    assert!(output.stderr.contains("(2 cached)") && !output.stderr.contains("in the background"), "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    assert!(lab.ok(&["check", "--explain", "first-derive"]).stdout.contains("(optimized)"));
}

#[test]
fn only_a_build_that_was_well_and_used_quick_modules_leaves_something_to_do() {
    // Everything else would be work that nobody asked for.
    let mut lab = lab();
    lab.control = json!({ "use_code": 1 });
    assert_eq!(lab.run(&["check"]).code, 1);
    lab.control = json!({});
    for settings in [json!({}), json!({ "optimize": "later" }), json!({ "optimize": "first" })] {
        lab.settings = settings;
        lab.ok(&["check"]);
    }
    assert!(!lab.store().join("background").exists());
    // Now there are optimized ones.
    lab.settings = json!({ "optimize": "background" });
    lab.ok(&["check"]);
    assert!(!lab.store().join("background").exists());
    // What changes with each edit is not worth it.
    _ = fs::remove_dir_all(lab.store());
    (1..=3).for_each(|index| lab.make_local(index));
    lab.ok(&["check"]);
    assert!(!lab.store().join("background").exists());
}

#[test]
fn the_next_build_ends_it_and_does_not_wait() {
    // The processor is for whoever sits before it.
    let mut lab = lab();
    lab.settings = json!({});
    lab.ok(&["check"]);
    lab.settings = json!({ "optimize": "background" });
    lab.control = json!({ "build_seconds": 200.0 });
    lab.ok(&["check"]);
    until_building(&lab, 1);
    assert!(!is_free(&lab));
    let start = Instant::now();
    let first = permits(&lab);
    lab.settings = json!({});
    said(&lab.run(&["check"]));
    assert!(start.elapsed() < Duration::from_secs(100), "{:?}", start.elapsed());
    until_done(&lab);
    assert!(log(&lab).ends_with("       Ended by another run\n"), "{}", log(&lab));
    assert!(first.iter().all(|permit| !permit.exists()));
    // Cargo ends as well, long before it would by itself.
    until(&lab, "gone", || processes(&lab) == 0);
    // What was not done is done after the next one.
    lab.settings = json!({ "optimize": "background" });
    lab.control = json!({});
    said(&lab.run(&["check"]));
    until_done(&lab);
    assert!(log(&lab).ends_with("   Optimized 3 of 3 modules\n"), "{}", log(&lab));
}

/// How many stand-ins for Cargo run in this lab.
fn processes(lab: &Lab) -> usize {
    let lab = lab.path("fake").display().to_string();
    let entries = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| {
        let read = |name| fs::read(path.join(name)).map(|text| String::from_utf8_lossy(&text).into_owned());
        read("environ").is_ok_and(|text| text.contains(&lab)) && read("cmdline").is_ok_and(|text| !text.is_empty())
    };
    entries.filter(is_it).count()
}

#[test]
fn two_are_never_at_work_for_one_store() {
    // Two builds that end at the same time must not have a machine work for both.
    let mut lab = lab();
    lab.settings = json!({});
    lab.ok(&["check"]);
    lab.take_modes();
    lab.settings = json!({ "optimize": "background" });
    lab.control = json!({ "build_seconds": 0.3, "use_seconds": 0.3 });
    lab.write();
    let builds_at_once: Vec<_> = (0..4).map(|_| lab.command_as_written(&["check"]).spawn().unwrap()).collect();
    for mut child in builds_at_once {
        assert!(child.wait().unwrap().success());
    }
    until_done(&lab);
    until(&lab, "done", || processes(&lab) == 0);
    // Those who have waited found everything done.
    assert_eq!(builds(&lab, "optimized").len(), 1, "{}", log(&lab));
    // While one has the lock, another one does nothing.
    let lock = fs::File::open(lab.store().join("background/lock")).unwrap();
    lock.lock().unwrap();
    _ = fs::remove_dir_all(lab.store().join("modules"));
    lab.control = json!({});
    lab.take_modes();
    lab.ok(&["check"]);
    until(&lab, "left", || log(&lab).ends_with("     Leaving this to another one, which is at work\n"));
    assert_eq!(builds(&lab, "optimized").len(), 0);
    until(&lab, "gone", || permits(&lab).is_empty());
}

#[test]
fn it_never_takes_longer_than_its_bound() {
    // Nobody watches it.
    let mut lab = lab();
    lab.settings = json!({});
    lab.ok(&["check"]);
    lab.settings = json!({ "optimize": "background" });
    lab.control = json!({ "build_seconds": 200.0 });
    let mut command = lab.command(&["check"]);
    command.env("__CARGO_WASM_PROC_MACRO_BACKGROUND_SECONDS", "0.5");
    said(&finish(command));
    until_done(&lab);
    assert!(log(&lab).ends_with("       Ended after 0.5 s; the next one goes on\n"), "{}", log(&lab));
    until(&lab, "gone", || processes(&lab) == 0);
    // What is left of it goes some day.
    let target = lab.store().join("background/target");
    fs::create_dir_all(target.join("x")).unwrap();
    lab.ok(&["store", "gc"]);
    assert!(target.exists());
    fs::File::options()
        .append(true)
        .open(lab.store().join("background/log"))
        .unwrap()
        .set_modified(std::time::UNIX_EPOCH)
        .unwrap();
    lab.ok(&["store", "gc"]);
    assert!(!target.exists() && log(&lab).is_empty());
    // That says nothing about the macros.
    lab.control = json!({});
    lab.ok(&["check"]);
    until_done(&lab);
    assert!(log(&lab).ends_with("   Optimized 3 of 3 modules\n"), "{}", log(&lab));
}

#[test]
fn a_failure_is_logged_and_not_tried_again() {
    // Else each build would end with the same work in vain.
    let mut lab = lab();
    lab.settings = json!({});
    lab.ok(&["check"]);
    lab.settings = json!({ "optimize": "background" });
    // One that no build keeps.
    lab.control = json!({ "failing": { "first-derive": "error: LLVM ran out of memory" } });
    lab.ok(&["check"]);
    until_done(&lab);
    let text = log(&lab);
    assert!(
        text.contains("      Failed first-derive v1.0.0: error: LLVM ran out of memory; it is not tried again\n"),
        "{text}"
    );
    // The others are there, and nothing is started for the one.
    lab.take_modes();
    let output = lab.ok(&["check", "-v"]);
    assert!(!output.stderr.contains("in the background"), "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    assert!(lab.ok(&["check", "--explain", "second-derive"]).stdout.contains("(optimized)"));
    assert!(lab.ok(&["check", "--explain", "first-derive"]).stdout.contains("(quick)"));
    // Who asks for it gets it.
    lab.control = json!({});
    lab.ok(&["optimize"]);
    assert!(lab.ok(&["check", "--explain", "first-derive"]).stdout.contains("(optimized)"));
}

#[test]
fn killed_it_leaves_the_store_right() {
    // A machine that is switched off, and the Ctrl-C that reaches all of a terminal.
    let mut lab = lab();
    lab.settings = json!({});
    lab.ok(&["check"]);
    lab.settings = json!({ "optimize": "background" });
    lab.control = json!({ "build_seconds": 200.0 });
    lab.take_modes();
    let output = lab.ok(&["check", "-v"]);
    assert!(output.stderr.contains("2 modules are optimized in the background"), "{}", output.stderr);
    until_building(&lab, 1);
    let worker = worker(&lab);
    // It has a session of its own, and stands behind everybody.
    let stat = fs::read_to_string(format!("/proc/{worker}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    assert_eq!((fields[2], fields[3], fields[4], fields[16]), (&*worker, &*worker, "0", "19"), "{stat}");
    if cfg!(target_os = "linux") {
        assert_eq!(fields[38], "5", "not SCHED_IDLE: {stat}");
    }
    assert!(Command::new("kill").args(["-9", "--", &format!("-{worker}")]).status().unwrap().success());
    until(&lab, "gone", || is_free(&lab));
    lab.control = json!({});
    lab.take_modes();
    assert!(lab.ok(&["check"]).stderr.contains("(2 cached)"));
    until_done(&lab);
    assert!(log(&lab).ends_with("   Optimized 3 of 3 modules\n"), "{}", log(&lab));
    assert_eq!(lab.stored("modules").len(), 6);
}

/// The number of the process that works.
fn worker(lab: &Lab) -> String {
    let store = lab.store().display().to_string();
    let mut entries = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| {
        let text = String::from_utf8_lossy(&fs::read(path.join("cmdline")).unwrap_or_default()).into_owned();
        text.contains("--in-background") && text.contains(&store)
    };
    let found = entries.find(is_it).expect("one works");
    found.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn a_build_inside_another_one_starts_nothing_and_what_works_does_not_end_itself() {
    // A build script may call Cargo, with everything else that stands in the configuration.
    let mut lab = lab();
    let mut command = lab.command(&["check"]);
    command.env("__CARGO_WASM_PROC_MACRO_OUTER", "/elsewhere:/elsewhere/target");
    said(&finish(command));
    assert!(!lab.store().join("background").exists());
    lab.control = json!({ "build_seconds": 1.0 });
    lab.ok(&["check"]);
    until_building(&lab, 1);
    let there = permits(&lab);
    let mut command = lab.command(&["check"]);
    command.env("__CARGO_WASM_PROC_MACRO_BACKGROUND", "1");
    said(&finish(command));
    assert_eq!(permits(&lab), there);
    until_done(&lab);
}
