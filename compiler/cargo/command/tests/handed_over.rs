//! Lines of plain Cargo's that it hands over, and `init`, which has it do so.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{Lab, Output, finish};

/// What Cargo calls the command with.
fn handed_over<'a>(meant: &'a str, line: &[&'a str]) -> Vec<&'a str> {
    with_settings("{}", meant, line)
}

fn with_settings<'a>(settings: &'a str, meant: &'a str, line: &[&'a str]) -> Vec<&'a str> {
    [&["--handed-over", meant, settings], line].concat()
}

fn fails(lab: &Lab, args: &[&str]) -> Output {
    let output = lab.run(args);
    assert_eq!(output.code, 101, "{output:?}");
    output
}

#[test]
fn a_line_is_passed_on_as_it_is() {
    // Options of ours are a program's here, and an alias is for Cargo to know.
    let lab = Lab::usual();
    let line = ["-v", "--config", "a.b=1", "go", "--release", "one", "--only", "x", "--", "--help"];
    let output = lab.ok(&handed_over("run", &line));
    let calls = lab.calls();
    let modes: Vec<&Value> = calls.iter().map(|call| &call["mode"]).collect();
    assert_eq!(modes, ["plan", "build", "use"]);
    for call in &calls {
        assert_eq!(call["args"], json!(line));
    }
    assert!(output.stderr.contains("        Used 2 macros from Wasm\n"), "{}", output.stderr);
}

#[test]
fn the_configuration_has_the_options() {
    // There is no other place for them, so what is said of them must not name options of plain Cargo's that there are not.
    let mut lab = Lab::usual();
    lab.permit("[permissions.first-derive]\nnative = true\n");
    lab.ok(&handed_over("check", &["check"]));
    let output = fails(&lab, &with_settings(r#"{"forbid-native":true}"#, "check", &["check"]));
    let expected = "`cargo wasm-proc-macro build --native first-derive` allows it for once";
    assert!(output.stderr.contains(expected), "{}", output.stderr);
    // Those count where the user is, and not those where Cargo installs a package from.
    lab.settings = json!({ "forbid-native": true });
    lab.ok(&handed_over("install", &["install", "x"]));
    // The command itself has them from the plan.
    let output = fails(&lab, &["check"]);
    assert!(output.stderr.contains("`--native first-derive` allows it for once"), "{}", output.stderr);
    lab.ok(&["check", "--native", "first-derive"]);
}

#[test]
fn a_command_that_compiles_nothing_is_only_passed_on() {
    // Such as `cargo install` of what is installed.
    let mut lab = Lab::usual();
    lab.control = json!({ "compiles_nothing": true });
    lab.ok(&handed_over("install", &["install", "x"]));
    let calls = lab.calls();
    assert_eq!((calls.len(), &calls[1]["mode"]), (2, &json!("use")));
    assert_eq!(calls[1]["request"]["modules"], json!([]));
    // From a Cargo that does not know requests nothing comes either, and it has built everything natively.
    let output = fails(&lab, &["check"]);
    assert!(output.stderr.contains("of different builds"), "{}", output.stderr);
}

#[test]
fn what_installs_nothing_leaves_no_directory_behind() {
    // Cargo makes one for each call, and goes away in the midst of it.
    let lab = Lab::usual();
    lab.ok(&handed_over("install", &["install", "x"]));
    let calls = lab.calls();
    let is_given = |call: &Value| call["args"].as_array().unwrap().contains(&json!("--target-dir"));
    assert_eq!(calls.iter().map(is_given).collect::<Vec<_>>(), [true, true, false]);
    lab.take_modes();
    lab.ok(&handed_over("install", &["install", "x", "--target-dir", "there"]));
    for call in &lab.calls() {
        assert_eq!(call["args"], json!(["install", "x", "--target-dir", "there"]));
    }
}

#[test]
fn a_workspace_that_a_program_makes_is_part_of_the_project() {
    // That is how trybuild compiles what is to fail. Nobody can write permissions into a directory that a test makes.
    let lab = Lab::usual();
    lab.permit("[permissions.first-derive]\nnative = true\n[permissions.of-another-program]\nnative = true\n");
    lab.ok(&handed_over("test", &["test"]));
    let calls = lab.calls();
    let outer = calls[calls.len() - 1]["env"]["__CARGO_WASM_PROC_MACRO_OUTER"].as_str().expect("paths");
    let (project, target) = (lab.path("project"), lab.path("project/target"));
    assert_eq!(outer, format!("{}:{}", project.display(), target.display()));
    let run_in = |workspace: &str, outer: &str| {
        let mut inner = Lab::usual();
        inner.workspace = Some(inner.path(workspace));
        inner.permit("[permissions.second-derive]\nnative = true\n");
        let mut command = inner.command(&handed_over("check", &["check"]));
        let own = outer.replace("LAB", inner.path("").to_str().unwrap().trim_end_matches('/'));
        command.env("__CARGO_WASM_PROC_MACRO_OUTER", own.replace("OUTER", project.to_str().unwrap()));
        finish(command)
    };
    let output = run_in("there/tests/trybuild/x", "OUTER:LAB/there");
    assert!(output.stderr.contains("1 native: first-derive"), "{output:?}");
    assert!(!output.stderr.contains("of-another-program"), "{output:?}");
    // One that lies elsewhere is a project of its own.
    let output = run_in("project", "OUTER:LAB/there");
    assert!(output.stderr.contains("1 native: second-derive"), "{output:?}");
}

#[test]
fn in_what_is_fetched_a_name_is_one_of_crates_io() {
    // Who made the repository gives its own packages the names that somebody else's are granted something by, in a registry as well.
    let mut lab = Lab::usual();
    lab.make_local(2);
    lab.make_local(1);
    lab.permit("[permissions.first-derive]\nnative = true\n[permissions.inner-derive]\nnative = true\n");
    let native = |lab: &Lab| lab.ok(&handed_over("install", &["install", "x"])).stderr;
    assert!(native(&lab).contains("1 native: first-derive"));
    lab.workspace = Some(lab.path("checkouts/x"));
    lab.project = Some(lab.path("project"));
    assert!(!native(&lab).contains("native: "));
    lab.permit("[permissions.\"path+file:///project/first-derive#first-derive@1.0.0\"]\nnative = true\n");
    assert!(native(&lab).contains("1 native: first-derive"));
    lab.permit("[permissions.second-derive]\nnative = true\n");
    assert!(!native(&lab).contains("native: "));
    for unit in &mut lab.units {
        let id = unit["package"].as_str().unwrap().replace("example.org/index", "github.com/rust-lang/crates.io-index");
        unit["package"] = id.into();
    }
    assert!(native(&lab).contains("native: second-derive"));
}

#[test]
fn init_turns_the_switch_on_and_leaves_the_rest_alone() {
    // It is a file that people write.
    let lab = Lab::usual();
    let path = lab.path("project/.cargo/config.toml");
    let output = lab.ok(&["init"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "[wasm-proc-macro]\nenabled = true\n");
    assert!(output.stderr.contains("       Wrote `enabled = true` to "), "{}", output.stderr);
    assert!(!lab.path("project/rust-toolchain.toml").exists());
    let mine = "# mine\n[build] # so\njobs = 2\n\n[wasm-proc-macro]\non-refusal = \"fail\" # why\nenabled = false\n";
    fs::write(&path, mine).unwrap();
    lab.ok(&["init"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), mine.replace("false", "true"));
    let output = lab.ok(&["init"]);
    assert!(output.stderr.contains("Unchanged"), "{}", output.stderr);
    fs::write(&path, "[build\n").unwrap();
    let output = fails(&lab, &["init"]);
    assert!(output.stderr.contains("cannot change") && output.stderr.contains("config.toml"), "{}", output.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap(), "[build\n");
}

#[test]
fn init_names_the_toolchain_if_that_is_wanted() {
    // rustup takes a path or a channel.
    let lab = Lab::usual();
    let path = lab.path("project/rust-toolchain.toml");
    fs::write(&path, "[toolchain]\nchannel = \"stable\" # old\ncomponents = [\"clippy\"]\n").unwrap();
    lab.ok(&["init", "--toolchain"]);
    let expected = format!("[toolchain]\ncomponents = [\"clippy\"]\npath = {:?}\n", lab.path("toolchain"));
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
}
