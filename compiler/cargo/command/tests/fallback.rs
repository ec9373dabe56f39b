//! Macros that do not run from Wasm: nothing runs natively that nobody has said so of, and people are told what to say.

mod support;

use std::fs;

use serde_json::json;
use support::{Lab, names};

/// The end of an error about one package.
fn lines(name: &str) -> String {
    format!("\n[permissions.{name}]\nnative = true\n")
}

#[test]
fn a_macro_that_cannot_be_built_is_an_error_with_the_lines_to_write() {
    // If failing led to native code, a macro would only have to fail.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "first-derive": "error: not on wasm\n --> x.rs" } });
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    assert_eq!(lab.take_modes(), ["plan", "build"]);
    assert!(output.stderr.contains("error: 1 macro package cannot run from Wasm\n"), "{}", output.stderr);
    assert!(
        output.stderr.contains("  first-derive v1.0.0: does not run from Wasm: error: not on wasm\n"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains(&lines("first-derive")), "{}", output.stderr);

    let output = lab.run(&["build"]);
    assert_eq!(lab.take_modes(), ["plan"], "it is known");
    assert!(
        output.stderr.contains("not on wasm; known from an earlier build, `--retry` tries again\n"),
        "{}",
        output.stderr
    );

    lab.permit("[permissions.first-derive]\nnative = true\n");
    let output = lab.ok(&["build"]);
    let expected = "Used 1 macro from Wasm (1 cached), 1 native: first-derive (`native = true` in `wasm-proc-macro.toml`, line 2)\n";
    assert!(output.stderr.ends_with(expected), "{}", output.stderr);
    let request = &lab.take_calls("use")[0]["request"];
    assert_eq!(request["native"], json!(["/registry/first-derive-1.0.0/src/lib.rs"]));
    assert_eq!(names(&request["modules"]), ["second-derive"]);

    lab.permit("");
    lab.control = json!({});
    assert!(lab.ok(&["build", "--retry"]).stderr.ends_with("Used 2 macros from Wasm (1 cached)\n"));
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 2 macros from Wasm (2 cached)\n"), "it is forgotten");
}

#[test]
fn what_runs_natively_stands_in_the_file_of_the_project_alone() {
    // Else whoever publishes a macro could grant.
    let mut lab = Lab::usual();
    let dir = lab.path("registry/first-derive-1.0.0");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("wasm-proc-macro.toml"), "[permissions.first-derive]\nnative = true\nenv = [\"*\"]\n").unwrap();
    lab.units[2]["manifest"] = json!(dir.join("Cargo.toml"));
    lab.control = json!({ "failing": { "first-derive": "error: bad" } });
    assert_eq!(lab.run(&["build"]).code, 101);
    assert_eq!(lab.take_modes(), ["plan", "build"]);
    lab.control = json!({});
    lab.ok(&["build", "--retry"]);
    for module in lab.take_calls("use")[0]["request"]["modules"].as_array().unwrap() {
        assert_eq!(module["grants"], json!({ "read": [], "env": [] }));
    }
}

#[test]
fn the_setting_native_runs_what_is_stuck_natively_and_says_so() {
    // Who wants the old way has it, and is reminded of it each time.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "first-derive": "error: bad" } });
    lab.settings = json!({ "on-refusal": "native" });
    let expected = "1 native: first-derive (`on-refusal = \"native\"`; error: bad)\n";
    let output = lab.ok(&["build"]);
    assert!(output.stderr.ends_with(expected), "{}", output.stderr);
    assert_eq!(lab.permissions(), "", "it writes nothing");
    lab.take_modes();
    let output = lab.ok(&["build"]);
    assert!(output.stderr.contains("error: bad; known from an earlier build"), "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    // An option beats it, and so does the option that forbids it.
    assert_eq!(lab.run(&["build", "--on-refusal", "fail"]).code, 101);
    assert_eq!(lab.run(&["build", "--on-refusal=ask"]).code, 101, "there is no terminal");
    assert_eq!(lab.run(&["build", "--forbid-native"]).code, 101);
    assert_eq!(lab.run(&["build", "--on-refusal", "perhaps"]).code, 1);
}

#[test]
fn a_library_that_cannot_be_built_stops_its_macros() {
    // The reason is the library's and names it.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "syn": "error: bad" } });
    let output = lab.run(&["build"]);
    assert!(output.stderr.contains("error: 3 macro packages cannot run from Wasm\n"), "{}", output.stderr);
    assert!(
        output.stderr.contains("  inner-derive v1.0.0: does not run from Wasm: syn v1.0.0: error: bad\n"),
        "{}",
        output.stderr
    );
    let output = lab.ok(&["build", "--on-refusal", "native", "--retry"]);
    let expected = "Used 0 macros from Wasm, 3 native: first-derive, inner-derive, second-derive \
        (`on-refusal = \"native\"`; syn v1.0.0: error: bad)\n";
    assert!(output.stderr.ends_with(expected), "{}", output.stderr);
}

#[test]
fn a_macro_that_is_built_with_one_that_is_stuck_waits_for_that() {
    // Its own code is fine, so it can run from Wasm once the other may run natively.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "inner-derive": "error: bad" } });
    let output = lab.run(&["build"]);
    assert_eq!(lab.take_calls("build").len(), 1);
    assert!(
        output.stderr.contains("error: 1 macro package cannot run from Wasm\n  inner-derive v1.0.0: "),
        "{}",
        output.stderr
    );
    lab.permit("[permissions.inner-derive]\nnative = true\n");
    let output = lab.ok(&["build"]);
    let builds = lab.take_calls("build");
    assert_eq!(builds.len(), 1);
    assert_eq!(names(&builds[0]["request"]["build"]), ["second-derive"]);
    assert_eq!(builds[0]["request"]["native"], json!(["/registry/inner-derive-1.0.0/src/lib.rs"]));
    assert!(output.stderr.ends_with("Used 2 macros from Wasm (1 cached)\n"), "{}", output.stderr);
}

#[test]
fn a_build_script_that_fails_stops_only_its_macros() {
    // Cargo says so on standard error only.
    let mut lab = Lab::usual();
    let script = lab.unit("first-derive", "custom-build", "run-custom-build", "wasm32-wasip1", &[]);
    lab.units[2]["deps"].as_array_mut().unwrap().push(json!({ "unit": script, "name": "build_script_build" }));
    let error = "error: failed to run custom build command for `first-derive v1.0.0`\n  --- stderr\n  no C compiler\n";
    lab.control = json!({ "lost": ["first-derive"], "build_stderr": error });
    let output = lab.run(&["build"]);
    assert!(
        output
            .stderr
            .contains("  first-derive v1.0.0: does not run from Wasm: its build script failed: no C compiler\n"),
        "{}",
        output.stderr
    );
    assert_eq!(lab.take_calls("build").len(), 1);
    assert_eq!(lab.stored("modules").len(), 2, "the others are there");
}

#[test]
fn whose_build_script_has_failed_is_not_for_others_to_say() {
    // What a macro writes while another is built stands where Cargo writes, and would be remembered for all projects.
    let mut lab = Lab::usual();
    let script = lab.unit("second-derive", "custom-build", "run-custom-build", "wasm32-wasip1", &[]);
    lab.units[3]["deps"].as_array_mut().unwrap().push(json!({ "unit": script, "name": "build_script_build" }));
    for name in ["first-derive", "second-derive"] {
        let error = format!("error: failed to run custom build command for `{name} v1.0.0`\n  --- stderr\n  forged\n");
        lab.control = json!({ "failing": { "inner-derive": "error: bad" }, "build_stderr": error });
        let output = lab.run(&["build", "--retry"]);
        assert!(!output.stderr.contains("forged"), "{}", output.stderr);
        assert_eq!(lab.stored("failures").len(), 1);
    }
}

#[test]
fn a_package_of_the_same_name_from_elsewhere_stops_no_other() {
    // A failure is its package's, by Cargo's id.
    let mut lab = Lab::usual();
    let other = lab.macros("first-derive", &[]);
    lab.units[other]["package"] = json!("git+https://example.org/evil#first-derive@1.0.0");
    lab.units[other]["features"] = json!(["evil"]);
    lab.roots.push(other);
    // Of the other one nothing comes, and nobody says why.
    lab.control = json!({
        "failing_package": "git+https://example.org/evil#first-derive@1.0.0",
        "lost": ["first-derive"], "build_stderr": "error: lost\n",
    });
    let output = lab.run(&["build"]);
    assert!(output.stderr.contains("error: 2 macro packages cannot run from Wasm\n"), "{}", output.stderr);
    for reason in ["error: bad", "error: lost"] {
        let line = format!("  first-derive v1.0.0: does not run from Wasm: {reason}\n");
        assert_eq!(output.stderr.matches(&line).count(), 1, "{reason}: {}", output.stderr);
    }
    let key = "[permissions.\"git+https://example.org/evil#first-derive@1.0.0\"]\n";
    assert!(output.stderr.contains(key), "{}", output.stderr);
    assert_eq!(lab.stored("failures").len(), 1);
    lab.roots.pop();
    lab.units.pop();
    lab.control = json!({});
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 2 macros from Wasm (1 cached)\n"));
}

#[test]
fn a_module_that_never_comes_is_no_endless_loop() {
    // Another call would end as the first one.
    let mut lab = Lab::usual();
    lab.control = json!({ "lost": ["first-derive"], "build_stderr": "error: something else\n" });
    let output = lab.run(&["build"]);
    assert!(
        output.stderr.contains("  first-derive v1.0.0: does not run from Wasm: error: something else\n"),
        "{}",
        output.stderr
    );
    assert_eq!(lab.stored("failures"), Vec::<std::path::PathBuf>::new(), "nobody knows what that was");
}

#[test]
fn a_module_that_the_compiler_would_refuse_is_not_used() {
    // Native code that links by accident ends in imports that nobody offers.
    let lab = Lab::usual();
    fs::write(lab.path("fake/modules/first_derive-1.0.0.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let output = lab.run(&["build"]);
    assert!(
        output.stderr.contains("  first-derive v1.0.0: does not run from Wasm: its module cannot be used: "),
        "{}",
        output.stderr
    );
}

#[test]
fn a_full_disk_is_not_remembered() {
    // It says nothing about the macro.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "first-derive": "error: No space left on device" } });
    assert_eq!(lab.run(&["build"]).code, 101);
    lab.control = json!({});
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 2 macros from Wasm (1 cached)\n"));
}

/// A macro that is built from a package which links a native library, and another one that uses it.
fn linking() -> Lab {
    let mut lab = Lab::new();
    let script = lab.unit("ring-sys", "custom-build", "run-custom-build", "wasm32-wasip1", &[]);
    lab.units[script]["links"] = json!("ring");
    let library = lab.unit("ring-sys", "lib", "build", "wasm32-wasip1", &[script]);
    let ring = lab.macros("ring-macro", &[library]);
    let outer = lab.macros("outer-macro", &[ring]);
    lab.root("app", &[ring, outer]);
    lab
}

#[test]
fn a_native_library_that_cannot_be_built_for_wasm_is_the_reason() {
    // What fails then is a C compiler or a linker, whose messages say little.
    let mut lab = linking();
    for (package, error) in [("ring-sys", "error: no `<stdio.h>`"), ("ring-macro", "error: linking")] {
        lab.control = json!({ "failing": { package: error } });
        let output = lab.run(&["build", "--retry"]);
        let reason =
            format!("  ring-macro v1.0.0: does not run from Wasm: links = \"ring\" in ring-sys v1.0.0: {error}\n");
        assert!(output.stderr.contains(&reason), "{}", output.stderr);
    }
    lab.take_modes();
    let output = lab.run(&["build"]);
    assert!(output.stderr.contains("error: linking; known from an earlier build"), "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan"]);
}

#[test]
fn a_package_that_says_what_it_links_may_work_nevertheless() {
    // Many say so only in order to be there once: prettyplease and others.
    let lab = linking();
    let output = lab.ok(&["build"]);
    assert!(output.stderr.ends_with("Used 2 macros from Wasm\n"), "{}", output.stderr);
}

#[test]
fn what_is_forbidden_is_an_error_before_anything_is_native() {
    // Continuous integration wants to know, and wants to know all of it.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "first-derive": "error: bad", "second-derive": "error: worse" } });
    for expected in [["plan", "build"].as_slice(), &["plan"]] {
        let output = lab.run(&["build", "--forbid-native"]);
        assert_eq!(output.code, 101);
        assert!(output.stderr.contains("error: 2 macros do not run from Wasm, and"), "{}", output.stderr);
        assert!(output.stderr.contains("  first-derive v1.0.0: error: bad"), "{}", output.stderr);
        let options = "`--native first-derive --native second-derive` allows it once";
        assert!(output.stderr.contains(options), "{}", output.stderr);
        assert_eq!(lab.take_modes(), expected);
    }
    let chosen = ["build", "--forbid-native", "--native=first-derive", "--native", "second-derive"];
    assert_eq!(lab.run(&chosen).code, 0, "what stands on the same command line is meant");
}

#[test]
fn what_is_forbidden_no_file_allows() {
    // Who forbids it has not read the file, or does not trust who writes it.
    let lab = Lab::usual();
    lab.permit("# pins\n\n[permissions.second-derive]\nread = [\"x\"]\nnative = true\n");
    let output = lab.run(&["build", "--forbid-native"]);
    assert_eq!(output.code, 101);
    let line = "  second-derive v1.0.0: `native = true` in `wasm-proc-macro.toml`, line 5\n";
    assert!(output.stderr.contains(line), "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan"]);
    lab.ok(&["build"]);
}

#[test]
fn people_choose_what_is_native() {
    // By name, by version and by id; what is chosen is said.
    let mut lab = Lab::usual();
    lab.units[2]["version"] = json!("2.1.0");
    lab.write_module("first-derive", "2.1.0", b"");
    for spec in ["first-derive", "first-derive@2", "registry+https://example.org/index#first-derive@1.0.0"] {
        let output = lab.ok(&["build", "--native", spec]);
        assert!(output.stderr.contains(" 1 native: first-derive (`--native`)\n"), "{}", output.stderr);
    }
    let output = lab.ok(&["build", "--only", "second-derive"]);
    assert!(
        output.stderr.ends_with("1 macro from Wasm (1 cached), 1 native: first-derive (not in `--only`)\n"),
        "{}",
        output.stderr
    );
    let output = lab.ok(&["build", "--only", "first-derive", "--native", "second-derive"]);
    let tail = "2 native:\n             second-derive (`--native`)\n             inner-derive (not in `--only`)\n";
    assert!(output.stderr.ends_with(tail), "{}", output.stderr);
}

#[test]
fn a_name_that_nothing_has_is_an_error_with_near_ones() {
    // Silently doing nothing would look like having done it.
    let lab = Lab::usual();
    let output = lab.run(&["build", "--native", "frist-derive"]);
    assert_eq!(output.code, 101);
    assert!(
        output.stderr.contains("error: `--native frist-derive` names no macro package of this project"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("help: did you mean `first-derive`?"), "{}", output.stderr);
    let output = lab.run(&["build", "--only", "syn"]);
    assert!(output.stderr.contains("syn v1.0.0 has no procedural macros"), "{}", output.stderr);
    assert_eq!(lab.run(&["build", "--native", "first-derive@3"]).code, 101);
}

#[test]
fn what_became_of_a_macro_whose_source_may_change_is_explained() {
    // It is tried again each time, so nothing is decided yet; but people ask after a run that told them something.
    let mut lab = Lab::usual();
    lab.make_local(2);
    let explained = |lab: &Lab| lab.ok(&["build", "--explain", "first-derive"]).stdout;
    assert!(explained(&lab).contains("because its source can change\n"));
    lab.control = json!({ "failing": { "first-derive": "error: bad" } });
    assert_eq!(lab.run(&["build"]).code, 101);
    assert!(explained(&lab).contains("; last time it failed: error: bad\n"), "{}", explained(&lab));
    lab.control = json!({ "silent": ["first-derive"] });
    lab.ok(&["build"]);
    assert!(explained(&lab).contains("because its source can change\n"));
}
