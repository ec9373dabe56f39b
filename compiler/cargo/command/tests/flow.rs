//! From the plan to the summary: what Cargo is asked, in which order, and what is kept.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread::sleep;
use std::time::Duration;

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
    assert_eq!(modules[0]["digest"].as_str().unwrap().len(), 64);
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

/// A project with a macro of its own, and what the compiler says of its files.
fn own_macro() -> Lab {
    let mut lab = Lab::new();
    let own = lab.macros("own-derive", &[]);
    lab.make_local(own);
    let dir = lab.path("project/own");
    fs::create_dir_all(dir.join("src")).unwrap();
    fs::write(dir.join("Cargo.toml"), "[package]").unwrap();
    fs::write(dir.join("src/lib.rs"), "one").unwrap();
    fs::write(dir.join("src/text"), "a").unwrap();
    lab.units[own]["manifest"] = json!(dir.join("Cargo.toml"));
    lab.units[own]["src"] = json!(dir.join("src/lib.rs"));
    lab.root("app", &[own]);
    lab.control = json!({ "dep_info": "own/src/lib.rs:\nown/src/text:\n# env-dep:CARGO_PKG_NAME=own-derive\n" });
    wait();
    lab
}

/// A file that was written a moment ago may have been written while the compiler ran.
fn wait() {
    sleep(Duration::from_millis(200));
}

#[test]
fn a_macro_of_the_project_is_kept_by_what_it_was_compiled_from() {
    // Without this, whoever cleans a project builds syn for its own macros again.
    let lab = own_macro();
    let path = |lab: &Lab| lab.take_calls("use")[0]["request"]["modules"][0]["path"].as_str().unwrap().to_owned();
    lab.ok(&["build"]);
    let first = path(&lab);
    assert!(first.starts_with(lab.path("project/target").to_str().unwrap()), "{first}");
    fs::remove_dir_all(lab.path("project/target")).unwrap();
    assert!(lab.ok(&["build", "--explain", "own-derive"]).stdout.contains("built from its source as it is now"));
    assert!(!lab.path("project/target").exists(), "`--explain` does nothing");
    lab.take_modes();
    let output = lab.ok(&["build"]);
    assert!(output.stderr.ends_with("        Used 1 macro from Wasm (1 cached)\n"), "{}", output.stderr);
    assert_eq!(lab.calls().iter().map(|call| call["mode"].clone()).collect::<Vec<_>>(), ["plan", "use"]);
    // The same place, so that Cargo takes it for the same macro.
    assert_eq!(path(&lab), first);
    assert!(lab.path("project/target/CACHEDIR.TAG").exists());

    let rebuilds = |file: &str, text: &str, module: &[u8]| {
        fs::write(lab.path("project/own").join(file), text).unwrap();
        wait();
        lab.write_module("own-derive", "1.0.0", module);
        lab.ok(&["build"]);
        let modes = lab.calls().iter().filter(|call| call["mode"] == "build").count();
        assert_eq!(path(&lab), first);
        (modes == 1, fs::read(&first).unwrap().ends_with(module))
    };
    assert_eq!(rebuilds("src/lib.rs", "two", b"two"), (true, true), "its root");
    assert_eq!(rebuilds("src/text", "b", b"text"), (true, true), "a file that it includes");
    assert_eq!(rebuilds("Cargo.toml", "[package] # ", b"manifest"), (true, true), "its manifest");
    // What was there before is there still.
    fs::write(lab.path("project/own/src/text"), "a").unwrap();
    fs::write(lab.path("project/own/Cargo.toml"), "[package]").unwrap();
    assert_eq!(rebuilds("src/lib.rs", "one", b""), (false, true), "everything as at first");
}

#[test]
fn the_workspace_s_manifest_counts_wherever_it_is() {
    // `package.workspace` may name one that is not above the package, and texts of it end up in the macro.
    let mut lab = own_macro();
    let dir = lab.path("elsewhere");
    fs::create_dir_all(&dir).unwrap();
    fs::rename(lab.path("project/own"), dir.join("own")).unwrap();
    lab.units[0]["manifest"] = json!(dir.join("own/Cargo.toml"));
    lab.units[0]["src"] = json!(dir.join("own/src/lib.rs"));
    lab.control = json!({ "dep_info": "src/lib.rs:\n" });
    let builds_again = |text: &str| {
        fs::write(lab.path("project/Cargo.toml"), text).unwrap();
        wait();
        lab.ok(&["build"]);
        fs::remove_dir_all(lab.path("project/target")).unwrap();
        lab.take_modes().contains(&"build".to_owned())
    };
    assert!(builds_again("one"));
    assert!(!builds_again("one"));
    assert!(builds_again("two"));
}

#[test]
fn a_macro_that_is_built_with_a_native_one_is_left_to_cargo() {
    // Who runs natively may read whatever it likes.
    let mut lab = own_macro();
    let below = lab.macros("below-derive", &[]);
    lab.units.swap(0, below);
    lab.units[below]["deps"] = json!([{ "unit": 0, "name": "below_derive" }]);
    lab.roots = vec![below];
    let builds_again = |options: &[&str]| {
        let line = [&["build"], options].concat();
        lab.ok(&line);
        fs::remove_dir_all(lab.path("project/target")).unwrap();
        lab.take_modes();
        lab.ok(&line);
        fs::remove_dir_all(lab.path("project/target")).unwrap();
        let built = lab.take_calls("build");
        built.iter().any(|call| names(&call["request"]["build"]).contains(&"own-derive".to_owned()))
    };
    assert!(!builds_again(&[]));
    assert!(builds_again(&["--native", "below-derive"]));
}

#[test]
fn of_a_macro_of_the_project_the_last_modules_are_kept() {
    // Else each edit of a day of work on a macro would leave megabytes.
    let lab = own_macro();
    for edit in 0..6_u8 {
        fs::write(lab.path("project/own/src/lib.rs"), edit.to_string()).unwrap();
        lab.write_module("own-derive", "1.0.0", &[edit]);
        wait();
        lab.ok(&["build"]);
    }
    assert_eq!(lab.stored("modules").len(), 4);
    lab.take_modes();
    fs::write(lab.path("project/own/src/lib.rs"), "2").unwrap();
    lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
}

#[test]
fn what_a_macro_depends_on_besides_files_is_left_to_cargo() {
    let mut lab = own_macro();
    let builds_again = |lab: &Lab| {
        lab.ok(&["build"]);
        fs::remove_dir_all(lab.path("project/target")).unwrap();
        lab.take_modes();
        lab.ok(&["build"]);
        fs::remove_dir_all(lab.path("project/target")).unwrap();
        lab.take_modes().contains(&"build".to_owned())
    };
    lab.control = json!({ "dep_info": "own/src/lib.rs:\n# env-dep:HOSTNAME=here\n" });
    assert!(builds_again(&lab), "a variable");
    lab.control = json!({ "dep_info": "own/src/lib.rs:\nown/src:\n" });
    assert!(builds_again(&lab), "a directory");
    lab.control = json!({});
    assert!(builds_again(&lab), "nothing is known");
    lab.control = json!({ "dep_info": "own/src/lib.rs:\n" });
    let script = lab.unit("own-derive", "custom-build", "run-custom-build", "x86_64-unknown-linux-gnu", &[]);
    lab.make_local(script);
    for name in ["manifest", "src"] {
        lab.units[script][name] = lab.units[0][name].clone();
    }
    lab.units[0]["deps"] = json!([{ "unit": script, "name": "build_script_build" }]);
    assert!(builds_again(&lab), "a build script");
    lab.units[0]["deps"] = json!([]);
    assert!(!builds_again(&lab), "no more than files");
}

#[test]
fn a_source_that_changes_while_it_is_compiled_is_not_kept() {
    // The module may be of either version, and would be taken for the new one for ever.
    for file in ["own/src/lib.rs", "own/Cargo.toml"] {
        let mut lab = own_macro();
        lab.control["edits"] = json!(lab.path("project").join(file));
        lab.ok(&["build"]);
        fs::remove_dir_all(lab.path("project/target")).unwrap();
        lab.take_modes();
        lab.ok(&["build"]);
        assert!(lab.take_modes().contains(&"build".to_owned()), "{file}");
    }
}

#[test]
fn what_cargo_takes_for_unchanged_by_a_file_s_time_is_not_kept() {
    // `cp -p` can bring an older file, so that Cargo does not build. That must not outlive the target directory.
    let lab = own_macro();
    lab.ok(&["build"]);
    fs::write(lab.path("project/own/src/lib.rs"), "two").unwrap();
    wait();
    // As its module is the same, the fake Cargo says that it is fresh.
    lab.ok(&["build"]);
    fs::remove_dir_all(lab.path("project/target")).unwrap();
    lab.take_modes();
    lab.ok(&["build"]);
    assert!(lab.take_modes().contains(&"build".to_owned()));
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
fn what_is_not_known_of_the_project_s_own_macros_is_left_to_cargo_on_each_run() {
    // Here the compiler has not said what they are made of. One that is built with another has to find that as in every later run.
    let mut lab = Lab::usual();
    lab.make_local(1);
    lab.ok(&["build"]);
    lab.take_modes();
    let output = lab.ok(&["build"]);
    let calls = lab.take_calls("build");
    let (first, second) = (&calls[0]["request"], &calls[1]["request"]);
    assert_eq!(
        (names(&first["build"]), names(&second["build"])),
        (vec!["inner-derive".into()], vec!["second-derive".into()])
    );
    assert_eq!(names(&first["modules"]), ["first-derive"]);
    assert_eq!(names(&second["modules"]), ["first-derive", "inner-derive"]);
    let stored = lab.stored("modules").len();
    assert_eq!(stored, 2, "of `second-derive` all is known once the other is built");
    assert!(output.stderr.ends_with("Used 2 macros from Wasm (2 cached)\n"), "{}", output.stderr);
    lab.ok(&["build"]);
    let used = &lab.take_calls("use")[0]["request"]["modules"];
    let digests: Vec<usize> = used.as_array().unwrap().iter().map(|it| it["digest"].as_str().unwrap().len()).collect();
    assert_eq!(digests, [64, 0, 0], "a file's time decides about those in the target directory");
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
