//! From the plan to the summary: what Cargo is asked, in which order, and what is kept.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use support::{Lab, finish, names};

#[test]
fn macros_are_planned_built_and_used() {
    // The whole way, as a newcomer takes it first.
    let lab = Lab::usual();
    let output = lab.ok(&["wasm-proc-macro", "build", "--release"]);
    let calls = lab.calls();
    let modes: Vec<&Value> = calls.iter().map(|call| &call["mode"]).collect();
    assert_eq!(modes, ["plan", "build", "use"]);
    for call in &calls {
        assert_eq!(call["args"], json!(["build", "--release"]));
    }
    assert_eq!(names(&calls[1]["request"]["build"]), ["first-derive", "inner-derive", "second-derive"]);
    assert_eq!(calls[1]["request"]["build"][0]["features"], json!(["default"]));
    assert_eq!(names(&calls[2]["request"]["modules"]), ["first-derive", "inner-derive", "second-derive"]);
    assert!(output.stderr.contains("    Building first-derive v1.0.0 (wasm32-wasip1)"), "{}", output.stderr);
    assert!(output.stderr.contains("        Used 2 macros from Wasm\n"), "{}", output.stderr);
    assert_eq!(output.stdout, "");
}

#[test]
fn the_second_run_builds_nothing() {
    // This is what the store is for, and the module behind another is not even looked for.
    let lab = Lab::usual();
    lab.ok(&["build"]);
    lab.take_modes();
    let output = lab.ok(&["build"]);
    let calls = lab.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    let modules = &calls[1]["request"]["modules"];
    assert_eq!(names(modules), ["first-derive", "second-derive"]);
    assert_eq!(modules[0]["sha256"].as_str().unwrap().len(), 64);
    assert!(output.stderr.ends_with("        Used 2 macros from Wasm (2 cached)\n"), "{}", output.stderr);
}

#[test]
fn another_project_finds_the_same_modules() {
    // Indices, the order of units and roots are the project's; the macros are everybody's.
    let lab = Lab::usual();
    lab.ok(&["build"]);
    let mut other = Lab::new();
    let quote = other.library("quote");
    let syn = other.library("syn");
    let first = other.macros("first-derive", &[syn]);
    other.root("other", &[first, quote]);
    let mut command = other.command(&["check"]);
    command.env("WASM_PROC_MACRO_STORE", lab.store());
    let output = finish(command);
    assert!(output.stderr.contains("Used 1 macro from Wasm (1 cached)"), "{}", output.stderr);
}

#[test]
fn whatever_changes_a_module_changes_its_key() {
    // A stale module would be wrong code without any sign of it.
    let mut lab = Lab::usual();
    lab.ok(&["build"]);
    let mut rebuilds = |change: &mut dyn FnMut(&mut Lab)| {
        change(&mut lab);
        lab.take_modes();
        lab.ok(&["build"]);
        lab.take_modes().contains(&"build".to_owned())
    };
    assert!(!rebuilds(&mut |_| {}));
    assert!(rebuilds(&mut |lab| lab.units[0]["version"] = json!("1.0.1")), "a dependency's version");
    assert!(rebuilds(&mut |lab| lab.units[0]["features"] = json!(["default", "full"])), "a dependency's features");
    assert!(
        rebuilds(&mut |lab| lab.units[0]["checksum"] = json!("another")),
        "what another registry has under the same id"
    );
    assert!(rebuilds(&mut |lab| lab.units[2]["features"] = json!(["std"])), "its own features");
    assert!(rebuilds(&mut |lab| lab.units[2]["deps"][0]["name"] = json!("renamed")), "a renamed dependency");
    assert!(rebuilds(&mut |lab| {
        fs::write(lab.path("toolchain/lib/librustc_driver-0.so"), "another compiler").unwrap();
    }));
    assert!(rebuilds(&mut |lab| {
        let cargo = lab.path("toolchain/bin/cargo");
        let mut program = fs::read(&cargo).unwrap();
        program.extend(b"other flags");
        fs::remove_file(&cargo).unwrap();
        fs::write(&cargo, program).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    }));
    assert!(!rebuilds(&mut |lab| lab.units[2]["manifest"] = json!("/elsewhere/Cargo.toml")), "a path");
    assert!(!rebuilds(&mut |lab| lab.units[3]["deps"].as_array_mut().unwrap().reverse()), "an order");
}

#[test]
fn a_commit_is_part_of_the_key_of_a_git_package() {
    // The id of such a package names the branch only.
    let mut lab = Lab::usual();
    lab.units[2]["source"] = json!("git");
    lab.units[2]["package"] = json!("git+https://example.org/x?branch=main#first-derive@1.0.0");
    lab.units[2]["manifest"] = json!("/cargo/git/checkouts/x-123/abcdef1/Cargo.toml");
    lab.ok(&["build"]);
    lab.take_modes();
    lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    lab.units[2]["manifest"] = json!("/cargo/git/checkouts/x-123/abcdef2/Cargo.toml");
    lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "build", "use"]);
}

#[test]
fn a_project_without_macros_is_left_to_cargo() {
    // Most small projects have none, and nobody wants to read about it.
    let mut lab = Lab::new();
    lab.root("app", &[]);
    let output = lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    assert_eq!(output.stderr, "");
}

#[test]
fn what_stops_the_plan_is_said_by_cargo() {
    // A wrong option or manifest gets Cargo's own message and code.
    let mut lab = Lab::usual();
    lab.control = json!({ "plan_code": 42, "plan_stderr": "error: no such feature\n" });
    let output = lab.run(&["build", "--features", "x"]);
    assert_eq!((output.code, output.stderr.as_str()), (42, "error: no such feature\n"));
    assert_eq!(lab.take_modes(), ["plan"]);
}

#[test]
fn downloads_are_shown_and_warnings_are_not_shown_twice() {
    // Cargo says the one in the first call only, and the other in each.
    let mut lab = Lab::usual();
    lab.control = json!({ "plan_stderr": "    Updating index\nwarning: unused key\n Downloaded syn v1.0.0\n" });
    let output = lab.ok(&["build"]);
    assert!(output.stderr.starts_with("    Updating index\n  Downloaded syn v1.0.0\n"), "{}", output.stderr);
    assert!(!output.stderr.contains("unused"), "{}", output.stderr);
}

#[test]
fn exit_codes_are_those_of_cargo() {
    // Scripts ask for the program's code.
    let mut lab = Lab::usual();
    lab.control = json!({ "use_code": 7 });
    assert_eq!(lab.run(&["run"]).code, 7);
    lab.control = json!({ "use_signal": 9 });
    assert_eq!(lab.run(&["run"]).code, 128 + 9);
    assert_eq!(lab.run(&["biuld"]).code, 1);
}

#[test]
fn a_build_that_is_killed_ends_the_run() {
    // Whoever killed it did not ask for native macros.
    let mut lab = Lab::usual();
    lab.control = json!({ "build_signal": 9 });
    assert_eq!(lab.run(&["build"]).code, 128 + 9);
    assert_eq!(lab.take_modes(), ["plan", "build"]);
}

#[test]
fn standard_output_is_cargos_alone() {
    // Programs read `--message-format json`.
    let mut lab = Lab::usual();
    lab.control = json!({ "use_stdout": "{\"reason\":\"x\"}\n" });
    let output = lab.ok(&["check", "--message-format", "json", "-p", "app"]);
    assert_eq!(output.stdout, "{\"reason\":\"x\"}\n");
    let args: Vec<Value> = lab.calls().into_iter().map(|call| call["args"].clone()).collect();
    assert_eq!(args[0], json!(["check", "-p", "app"]));
    assert_eq!(args[1], json!(["check", "-p", "app"]));
    assert_eq!(args[2], json!(["check", "--message-format", "json", "-p", "app"]));
}

#[test]
fn what_follows_two_dashes_is_the_programs() {
    // A program may have an option of our name.
    let lab = Lab::usual();
    lab.ok(&["run", "--retry", "--", "--native", "x"]);
    assert_eq!(lab.calls()[2]["args"], json!(["run", "--", "--native", "x"]));
}

#[test]
fn cargo_gets_the_toolchains_compiler_and_the_stores_cache() {
    // With another compiler nothing of this works.
    let lab = Lab::usual();
    let mut command = lab.command(&["build"]);
    command.env("CARGO", "/another/cargo");
    assert_eq!(finish(command).code, 0);
    for call in lab.calls() {
        assert_eq!(call["env"]["RUSTC"], json!(lab.path("toolchain/bin/rustc")));
        assert_eq!(call["env"]["RUSTDOC"], json!(lab.path("toolchain/bin/rustdoc")));
        assert_eq!(call["env"]["RUSTC_WASM_PROC_MACRO_CACHE"], json!(lab.store().join("compiled")));
        assert_eq!(call["env"]["CARGO"], Value::Null);
    }
}

#[test]
fn another_compiler_is_an_error_that_names_both() {
    // Silently using either would surprise somebody.
    let lab = Lab::usual();
    let mut command = lab.command(&["build"]);
    command.env("RUSTC", "/my/rustc");
    let output = finish(command);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("`RUSTC` says `/my/rustc`"), "{}", output.stderr);
    assert!(output.stderr.contains("toolchain/bin/rustc`"), "{}", output.stderr);
    let mut command = lab.command(&["build"]);
    command.env("RUSTC", lab.path("toolchain/bin/../bin/rustc"));
    assert_eq!(finish(command).code, 0, "as in a call within a call");
}

#[test]
fn a_toolchain_without_cargo_is_an_error_that_says_so() {
    // The command alone, copied somewhere, cannot work.
    let lab = Lab::usual();
    fs::remove_file(lab.path("toolchain/bin/cargo")).unwrap();
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("bin/cargo` beside this command"), "{}", output.stderr);
}

#[test]
fn a_run_leaves_nothing_temporary_behind() {
    // Requests have paths in them that are of no use to anybody afterwards.
    let lab = Lab::usual();
    lab.ok(&["build"]);
    assert_eq!(lab.stored("tmp"), Vec::<std::path::PathBuf>::new());
    let mut project = fs::read_dir(lab.path("project")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(project.all(|name| name == "target"));
}

#[test]
fn a_plan_that_makes_no_sense_is_an_error_and_no_panic() {
    // The command and Cargo may be of different builds.
    let mut lab = Lab::usual();
    lab.units[2]["deps"][0]["unit"] = json!(99);
    assert!(lab.run(&["build"]).stderr.starts_with("error: Cargo's plan names a unit that is not in it"));
    lab.units[2]["deps"][0]["unit"] = json!(2);
    assert!(lab.run(&["build"]).stderr.starts_with("error: Cargo's plan has a unit that depends on itself"));
    lab.units[2]["kind"] = json!(1);
    assert!(lab.run(&["build"]).stderr.starts_with("error: Cargo's plan cannot be read"));
}

#[test]
fn a_cargo_that_prints_no_plan_is_of_another_build() {
    // One that does not know requests has compiled everything natively by then.
    let mut lab = Lab::usual();
    lab.control = json!({ "compiles_nothing": true });
    let output = lab.run(&["check"]);
    assert_eq!(output.code, 101, "{output:?}");
    assert!(output.stderr.contains("from different builds"), "{}", output.stderr);
}
