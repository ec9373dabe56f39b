//! Modules that are there soon, and modules that run fast.

mod support;

use serde_json::{Value, json};
use support::{Lab, names};

/// What Cargo was called for.
struct Calls {
    /// How modules were built, and of which macros.
    builds: Vec<(String, Vec<String>)>,
    /// The modules of the last build, by their paths.
    used: Vec<String>,
}

fn take(lab: &Lab) -> Calls {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (mut builds, mut used) = (Vec::new(), Vec::new());
    for call in lab.calls() {
        let request = &call["request"];
        match call["mode"].as_str() {
            Some("build") => builds.push((text(&request["profile"]), names(&request["build"]))),
            Some("use") => {
                used = request["modules"].as_array().unwrap().iter().map(|module| text(&module["path"])).collect();
            }
            _ => {}
        }
    }
    lab.take_modes();
    Calls { builds, used }
}

#[test]
fn what_is_needed_now_is_built_quickly_and_what_is_wanted_later_well() {
    // The first build must not cost more than natively.
    let lab = Lab::usual();
    lab.ok(&["check"]);
    let all = ["first-derive", "inner-derive", "second-derive"].map(str::to_owned).to_vec();
    let quick = take(&lab);
    assert_eq!(quick.builds, [("quick".to_owned(), all.clone())]);
    let output = lab.ok(&["optimize", "--release"]);
    assert!(output.stderr.contains("   Optimized 3 modules; 0 were optimized before\n"), "{}", output.stderr);
    assert_eq!(lab.calls().last().unwrap()["args"], json!(["build", "--release"]));
    assert_eq!(take(&lab).builds, [("optimized".to_owned(), all)]);
    // From now on they are taken, without a word.
    lab.ok(&["check"]);
    let optimized = take(&lab);
    assert_eq!(optimized.builds, []);
    assert!(optimized.used.iter().all(|module| !quick.used.contains(module)), "{:?}", quick.used);
    let output = lab.ok(&["optimize"]);
    assert!(output.stderr.contains("   Optimized 0 modules; 3 were optimized before\n"), "{}", output.stderr);
    let explained = lab.ok(&["check", "--explain", "first-derive"]).stdout;
    assert!(explained.contains("the module in the store (optimized)"), "{explained}");
    let list = lab.ok(&["store", "list"]).stdout;
    assert_eq!((list.matches(" quick ").count(), list.matches(" optimized ").count()), (3, 3), "{list}");
}

#[test]
fn who_wants_it_has_modules_optimized_when_they_are_built() {
    // Where modules are made for others, say.
    let mut lab = Lab::usual();
    lab.settings = json!({ "optimize": "first" });
    lab.ok(&["check"]);
    assert_eq!(take(&lab).builds[0].0, "optimized");
    lab.settings = json!({});
    lab.ok(&["check"]);
    assert_eq!(take(&lab).builds, []);
}

#[test]
fn what_a_project_brings_along_is_optimized() {
    // It is built again to be verified, so it is one and the same.
    let lab = Lab::usual();
    lab.ok(&["check"]);
    take(&lab);
    lab.ok(&["pack", "-p", "first-derive", "-o", "out"]);
    assert_eq!(take(&lab).builds, [("optimized".to_owned(), vec!["first-derive".to_owned()])]);
}

#[test]
fn what_changes_with_each_edit_is_not_optimized() {
    // It would be for a day at most, and the next edit waits for it.
    let mut lab = Lab::usual();
    lab.make_local(1);
    lab.ok(&["check"]);
    take(&lab);
    let output = lab.ok(&["optimize"]);
    assert!(output.stderr.contains("   Optimized 1 module; 0 were optimized before\n"), "{}", output.stderr);
    assert_eq!(take(&lab).builds, [("optimized".to_owned(), vec!["first-derive".to_owned()])]);
}

#[test]
fn a_macro_that_cannot_be_optimized_runs_as_it_is() {
    // Else who wants it faster cannot build any more.
    let mut lab = Lab::usual();
    lab.ok(&["check"]);
    lab.control = json!({ "failing": { "first-derive": "error: LLVM ran away" } });
    let output = lab.run(&["optimize"]);
    assert!(output.code == 101 && output.stderr.contains("LLVM ran away"), "{}", output.stderr);
    lab.control = json!({});
    take(&lab);
    lab.ok(&["check"]);
    let calls = take(&lab);
    assert!(calls.builds.is_empty() && calls.used.len() == 2, "{:?}", calls.builds);
}
