//! What the store knows a module by: everything that compilers and build scripts say that it depends on.

mod support;

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;
use support::{Lab, finish, names, refusal};

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
    let used = |lab: &Lab| lab.take_calls("use")[0]["request"]["modules"][0].clone();
    let stamp = |lab: &Lab| used(lab)["stamp"].as_str().unwrap().to_owned();
    lab.ok(&["build"]);
    let first = stamp(&lab);
    assert!(first.starts_with(lab.path("project/target").to_str().unwrap()), "{first}");
    fs::remove_dir_all(lab.path("project/target")).unwrap();
    assert!(lab.ok(&["build", "--explain", "own-derive"]).stdout.contains("built from its source as it is now"));
    assert!(!lab.path("project/target").exists(), "`--explain` does nothing");
    lab.take_modes();
    let output = lab.ok(&["build"]);
    assert!(output.stderr.ends_with("        Used 1 macro from Wasm (1 cached)\n"), "{}", output.stderr);
    assert_eq!(lab.calls().iter().map(|call| call["mode"].clone()).collect::<Vec<_>>(), ["plan", "use"]);
    // The same file, so that Cargo takes it for the same macro.
    assert_eq!(stamp(&lab), first);
    assert!(lab.path("project/target/CACHEDIR.TAG").exists());

    let rebuilds = |file: &str, text: &str, module: &[u8]| {
        fs::write(lab.path("project/own").join(file), text).unwrap();
        wait();
        lab.write_module("own-derive", "1.0.0", module);
        lab.ok(&["build"]);
        let modes = lab.calls().iter().filter(|call| call["mode"] == "build").count();
        let used = used(&lab);
        assert_eq!(used["stamp"], json!(first));
        assert_eq!(json!(fs::read_to_string(&first).unwrap()), used["sha256"]);
        (modes == 1, fs::read(used["path"].as_str().unwrap()).unwrap().ends_with(module))
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
    lab.control = json!({});
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
    lab.control = json!({ "dep_info": "own/src/lib.rs:\n# env-dep:HOSTNAME=elsewhere\n" });
    assert!(builds_again(&lab), "a variable that has another value here");
    lab.control = json!({ "dep_info": "own/src/lib.rs:\nown/src:\n" });
    assert!(builds_again(&lab), "a directory");
    lab.control = json!({ "silent": ["own-derive"] });
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
fn what_is_not_known_of_the_project_s_own_macros_is_left_to_cargo_on_each_run() {
    // Here the compiler has not said what they are made of. One that is built with another has to find that as in every later run.
    let mut lab = Lab::usual();
    lab.make_local(1);
    lab.control = json!({ "silent": ["inner-derive"] });
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
    assert!(used.as_array().unwrap().iter().all(|it| it["stamp"].is_string()), "a file's time decides about them");
}

/// Builds in a project that has nothing built; says whether it builds modules.
fn builds(lab: &Lab, variables: &[(&str, &str)]) -> bool {
    _ = fs::remove_dir_all(lab.path("project/target"));
    let mut command = lab.command(&["build"]);
    command.env_remove("APP_MODE").envs(variables.iter().copied());
    let output = finish(command);
    assert_eq!(output.code, 0, "{}", output.stderr);
    lab.take_modes().contains(&"build".to_owned())
}

/// The module that Cargo got last.
fn used(lab: &Lab, name: &str) -> Vec<u8> {
    lab.ok(&["build"]);
    let calls = lab.take_calls("use");
    let modules = calls[0]["request"]["modules"].as_array().unwrap().iter();
    let module = modules.clone().find(|module| module["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    fs::read(module["path"].as_str().unwrap()).unwrap()
}

#[test]
fn a_variable_that_the_compiler_has_read_is_part_of_what_a_module_is() {
    // `option_env!` in a macro of the registry: whoever set the variable last would decide for all projects.
    let mut lab = Lab::usual();
    lab.control = json!({ "dep_infos": { "first-derive": "# env-dep:APP_MODE=evil\n# env-dep:CARGO_PKG_NAME=x\n" } });
    lab.write_module("first-derive", "1.0.0", b"evil");
    assert!(builds(&lab, &[("APP_MODE", "evil")]));
    assert!(!builds(&lab, &[("APP_MODE", "evil")]));
    lab.control = json!({ "dep_infos": { "first-derive": "# env-dep:APP_MODE\n" } });
    lab.write_module("first-derive", "1.0.0", b"good");
    assert!(builds(&lab, &[]));
    assert!(used(&lab, "first-derive").ends_with(b"good"));
    // Both are there now.
    assert!(!builds(&lab, &[]) && !builds(&lab, &[("APP_MODE", "evil")]));
    assert!(used(&lab, "first-derive").ends_with(b"good"));
    assert!(builds(&lab, &[("APP_MODE", "")]), "an empty variable is set");
}

#[test]
fn a_variable_of_cargo_s_configuration_is_one_of_the_environment() {
    // The table `env` sets it for compilers, and no other process sees it.
    let mut lab = Lab::usual();
    lab.control = json!({ "dep_infos": { "first-derive": "# env-dep:APP_MODE=evil\n" } });
    lab.env = json!({ "APP_MODE": "evil" });
    assert!(builds(&lab, &[]));
    assert!(!builds(&lab, &[]));
    lab.env = json!({});
    lab.control = json!({ "dep_infos": { "first-derive": "# env-dep:APP_MODE\n" } });
    assert!(builds(&lab, &[]));
}

#[test]
fn a_variable_that_is_read_in_a_library_or_by_a_macro_counts_for_all_that_it_goes_into() {
    let mut lab = Lab::usual();
    for name in ["syn", "inner-derive"] {
        lab.control = json!({ "dep_infos": { name: "# env-dep:APP_MODE\n" } });
        lab.ok(&["store", "clear"]);
        assert!(builds(&lab, &[]));
        assert!(!builds(&lab, &[]), "{name}");
        lab.control = json!({ "dep_infos": { name: "# env-dep:APP_MODE=x\n" } });
        _ = fs::remove_dir_all(lab.path("project/target"));
        let mut command = lab.command(&["build"]);
        command.env("APP_MODE", "x");
        assert_eq!(finish(command).code, 0);
        let built = names(&lab.take_calls("build")[0]["request"]["build"]);
        assert!(built.contains(&"second-derive".to_owned()), "{name}: {built:?}");
    }
}

#[test]
fn a_file_outside_of_its_package_is_part_of_what_a_module_is() {
    let mut lab = Lab::usual();
    let file = lab.path("outside");
    fs::write(&file, "one").unwrap();
    wait();
    let text = format!("/registry/first-derive-1.0.0/src/more.rs:\n{}:\n", file.display());
    lab.control = json!({ "dep_infos": { "first-derive": text } });
    assert!(builds(&lab, &[]));
    assert!(!builds(&lab, &[]));
    fs::write(&file, "two").unwrap();
    wait();
    assert!(builds(&lab, &[]));
    assert!(!builds(&lab, &[]));
    fs::write(&file, "one").unwrap();
    assert!(!builds(&lab, &[]), "what was there before is there still");
    // What macros may have is in the project and changes nothing.
    let policy = lab.path("project/target/wasm-proc-macro/policy/x.toml");
    lab.control = json!({ "dep_infos": { "first-derive": format!("{}:\n", policy.display()) } });
    lab.ok(&["store", "clear"]);
    assert!(builds(&lab, &[]));
    fs::create_dir_all(policy.parent().unwrap()).unwrap();
    fs::write(&policy, "[build]").unwrap();
    lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
}

#[test]
fn what_a_build_script_names_is_part_of_what_a_module_is() {
    // proc-macro2 probes the compiler by RUSTC_BOOTSTRAP, and is below nearly every macro.
    let mut lab = Lab::new();
    let script = lab.unit("syn", "custom-build", "build", "x86_64-unknown-linux-gnu", &[]);
    let run = lab.unit("syn", "custom-build", "run-custom-build", "wasm32-wasip1", &[script]);
    let syn = lab.unit("syn", "lib", "build", "wasm32-wasip1", &[run]);
    let first = lab.macros("first-derive", &[syn]);
    lab.root("app", &[first]);
    let file = lab.path("outside");
    fs::write(&file, "one").unwrap();
    wait();
    let output = format!(
        "cargo:rerun-if-env-changed=APP_MODE\ncargo::rerun-if-changed={}\ncargo:rerun-if-changed=build.rs\n",
        file.display()
    );
    // What the script sets for its package, it sets in every project.
    lab.control = json!({ "scripts": { "syn": output }, "dep_infos": { "syn": "# env-dep:SET_BY_SCRIPT=x\n# env-dep:OUT_DIR=/x\n" } });
    assert!(builds(&lab, &[]));
    assert!(!builds(&lab, &[]));
    assert!(builds(&lab, &[("APP_MODE", "1")]));
    assert!(!builds(&lab, &[("APP_MODE", "1")]));
    fs::write(&file, "two").unwrap();
    wait();
    assert!(builds(&lab, &[]));
    // The script itself is compiled, too.
    lab.control["dep_infos"]["syn"] = json!("# env-dep:APP_OTHER=1\n");
    lab.ok(&["store", "clear"]);
    assert!(builds(&lab, &[("APP_OTHER", "1")]));
    assert!(builds(&lab, &[("APP_OTHER", "2")]));
}

#[test]
fn what_could_not_be_built_for_want_of_a_variable_is_tried_again() {
    // The message of `env!`; that it failed says nothing about another environment.
    let mut lab = Lab::usual();
    lab.control =
        json!({ "failing": { "first-derive": "error: environment variable `APP_MODE` not defined at compile time" } });
    assert_eq!(lab.run(&["build"]).code, 101);
    lab.control = json!({});
    assert!(lab.ok(&["build"]).stderr.contains("Used 2 macros from Wasm"));
}

#[test]
fn a_module_with_a_native_macro_in_it_is_in_no_store() {
    // It may have read anything, and nobody would know.
    let lab = Lab::usual();
    lab.ok(&["build", "--native", "inner-derive"]);
    assert_eq!(lab.stored("modules").len(), 1, "`first-derive` alone");
    lab.take_modes();
    lab.ok(&["build"]);
    assert_eq!(names(&lab.take_calls("build")[0]["request"]["build"]), ["inner-derive", "second-derive"]);
}

#[test]
fn who_is_refused_something_while_a_macro_is_built_is_the_reason() {
    // Else the macro that is built would be known to fail, whatever is granted.
    let mut lab = Lab::usual();
    lab.ok(&["build", "--only", "inner-derive", "--native", "first-derive"]);
    lab.control = json!({ "refusals": [refusal("inner-derive", "env", "X")] });
    lab.take_modes();
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("inner-derive v1.0.0: the environment variable `X` (`it`)"), "{}", output.stderr);
    assert!(!output.stderr.contains("second-derive v1.0.0:"), "{}", output.stderr);
    assert_eq!(lab.stored("failures"), Vec::<std::path::PathBuf>::new());
    lab.permit("[permissions.inner-derive]\nenv = [\"X\"]\n");
    assert!(lab.ok(&["build"]).stderr.contains("Used 2 macros from Wasm"));
}
