//! What the compiler's own measurements say of macros from WebAssembly.

use std::fs;

use tests::{Lab, Outcome, RustcExt};

fn compile(arguments: &[&str]) -> (Lab, Outcome) {
    let lab = Lab::new();
    lab.write("main.rs", "fn main() { plain::plain!(); }");
    let module = lab.module("plain", "plain");
    let mut rustc = lab.rustc();
    rustc.args(["main.rs", "--emit=metadata"]).args(arguments).module(&module).env("RUSTC_BOOTSTRAP", "1");
    let outcome = rustc.outcome().success();
    (lab, outcome)
}

/// A profile is written when its last owner goes, and modules stay until the process ends.
#[test]
fn a_self_profile_has_every_step_as_an_activity() {
    let (lab, _) = compile(&["-Zself-profile=profile"]);
    let mut files = fs::read_dir(lab.join("profile")).expect("rustc makes the directory");
    let profile = fs::read(files.next().expect("rustc writes a profile").unwrap().path()).unwrap();
    for step in ["read", "stub", "wait", "load", "compile", "instantiate", "expand"] {
        let activity = format!("wasm_proc_macro_{step}");
        let found = profile.windows(activity.len()).any(|window| window == activity.as_bytes());
        assert!(found, "no `{activity}` in a profile of {} bytes", profile.len());
    }
}

/// It has a line for what happens once a module, and none for each expansion. Without `json` it leaves out what took no time.
#[test]
fn time_passes_shows_what_happens_once_a_module() {
    let (_lab, outcome) = compile(&["-Ztime-passes", "-Ztime-passes-format=json"]);
    for (step, expected) in [("stub", 1), ("load", 1), ("compile", 1), ("expand", 0)] {
        let activity = format!("wasm_proc_macro_{step}");
        assert_eq!(outcome.stderr.matches(&activity).count(), expected, "{step}\n{outcome}");
    }
}
