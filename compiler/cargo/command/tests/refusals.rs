//! Macros that ask for what nobody has granted: nothing happens but an error, unless the user says so.

mod support;

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Lab, names, refusal};

/// A lab in which `first-derive` asks for files and a variable.
fn lab() -> Lab {
    let mut lab = Lab::usual();
    let env = lab.path("project/.env");
    lab.control = json!({
        "refusals": [
            refusal("first-derive", "read", env.to_str().unwrap()),
            refusal("first-derive", "env", "DATABASE_URL"),
            refusal("first-derive", "read", "/etc/hosts"),
        ],
    });
    lab
}

const LINES: &str = "[permissions.first-derive]\nread = [\".env\", \"/etc/hosts\"]\nenv = [\"DATABASE_URL\"]\n";

#[test]
fn what_is_refused_is_an_error_with_the_lines_to_write() {
    // Never a native macro: whoever wants to be one would only have to ask for something and fail.
    let lab = lab();
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    assert_eq!(lab.take_modes(), ["plan", "build", "use", "use"]);
    assert!(
        output.stderr.contains("error: 1 macro package asked for something that is not granted\n"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("  first-derive v1.0.0: the environment variable `DATABASE_URL` (`it`)\n"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains(&format!("\n{LINES}")), "{}", output.stderr);
    assert_eq!(lab.permissions(), "");

    // It is asked anew each time, and nothing that is remembered changes that.
    assert_eq!(lab.run(&["build"]).code, 101);
    assert_eq!(lab.take_modes(), ["plan", "use", "use"]);

    lab.permit(LINES);
    let output = lab.ok(&["build"]);
    assert!(output.stderr.ends_with("Used 2 macros from Wasm (2 cached)\n"), "{}", output.stderr);
    let modules = lab.take_calls("use")[0]["request"]["modules"].clone();
    let project = lab.path("project");
    let grants = json!({ "read": ["/etc/hosts", project.join(".env")], "env": ["DATABASE_URL"] });
    assert_eq!((&modules[0]["name"], &modules[0]["grants"]), (&json!("first-derive"), &grants));
    assert_eq!(modules[1]["grants"], json!({ "read": [], "env": [] }), "nobody else has it");
    for module in modules.as_array().unwrap() {
        assert_eq!(module["sha256"].as_str().unwrap().len(), 64);
        assert_eq!(module["id"], module["package"]);
        assert_eq!(module["version"], "1.0.0");
    }
}

#[test]
fn all_that_macros_ask_for_is_said_at_once() {
    // Who reads the log of a CI wants to correct it once.
    for command in ["check", "build", "run", "test", "bench", "doc"] {
        let mut lab = lab();
        lab.control["refusals"].as_array_mut().unwrap().push(refusal("second-derive", "run", "git"));
        lab.control["second_crate"] = json!("second-derive");
        let output = lab.run(&[command]);
        assert_eq!(output.code, 101, "{command}");
        let lines = format!("\n{LINES}\n[permissions.second-derive]\nnative = true\n");
        assert!(output.stderr.contains(&lines), "{command}: {}", output.stderr);
    }
}

#[test]
fn what_no_grant_gives_needs_native_rights() {
    let mut lab = Lab::usual();
    lab.control = json!({ "refusals": [refusal("first-derive", "run", "git"), refusal("first-derive", "env", "X")] });
    let output = lab.run(&["build"]);
    assert!(output.stderr.contains("\n[permissions.first-derive]\nnative = true\n"), "{}", output.stderr);
    assert!(output.stderr.contains("`--native first-derive` allows it once"), "{}", output.stderr);
    lab.permit("[permissions.first-derive]\nnative = true\n");
    assert!(lab.ok(&["build"]).stderr.contains("1 native: first-derive (`native = true` in"));
}

#[test]
fn a_package_whose_library_has_another_s_name_is_held_to_account_itself() {
    // What a module says of itself is what its author likes.
    let mut lab = Lab::usual();
    let forge = lab.macros("forge", &[]);
    lab.units[forge]["crate"] = json!("first_derive");
    lab.roots.push(forge);
    let mut refused = refusal("forge", "read", "/etc/passwd");
    refused["crate"] = json!("first_derive");
    lab.control = json!({ "refusals": [refused] });
    let output = lab.run(&["build"]);
    assert!(output.stderr.contains("  forge v1.0.0: reading `/etc/passwd`"), "{}", output.stderr);
    assert!(!output.stderr.contains("first-derive v1.0.0: "), "{}", output.stderr);
    lab.roots.pop();
    lab.units.pop();
    assert!(lab.ok(&["build", "--on-refusal", "native"]).stderr.ends_with("Used 2 macros from Wasm (2 cached)\n"));
}

#[test]
fn a_record_counts_for_its_package_and_its_module_only() {
    // Either alone could be of another time, or of somebody who means harm.
    for (name, value) in [("package", json!("registry+https://example.org/index#other@1.0.0")), ("digest", json!("00"))]
    {
        let mut lab = Lab::usual();
        let mut refused = refusal("first-derive", "env", "X");
        refused[name] = value;
        lab.control = json!({ "refusals": [refused] });
        let output = lab.run(&["build"]);
        assert_eq!(output.code, 101);
        assert!(!output.stderr.contains("first-derive v1.0.0: "), "{name}: {}", output.stderr);
    }
}

#[test]
fn with_the_setting_native_it_runs_natively_from_then_on_and_that_is_said() {
    let mut lab = lab();
    lab.settings = json!({ "on-refusal": "native" });
    let output = lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "build", "use", "use"]);
    assert!(output.stderr.contains("    Retrying with first-derive running natively\n"), "{}", output.stderr);
    let reason = "1 native: first-derive (`on-refusal = \"native\"`; was refused reading `";
    assert!(output.stderr.contains(reason), "{}", output.stderr);
    assert_eq!(lab.permissions(), "", "nothing is written");

    let output = lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    assert!(output.stderr.contains("known from an earlier build, `--retry` tries again"), "{}", output.stderr);
    // What is granted is tried.
    lab.permit(LINES);
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 2 macros from Wasm (2 cached)\n"));
    lab.permit("");
    // Who forbids it gets the lines to write instead.
    let output = lab.run(&["build", "--forbid-native"]);
    assert!(output.stderr.contains(LINES) && !output.stderr.contains("Retrying"), "{}", output.stderr);
    // Without the setting nothing of it counts.
    lab.settings = json!({});
    assert_eq!(lab.run(&["build"]).code, 101);
    lab.settings = json!({ "on-refusal": "native" });
    lab.control = json!({});
    lab.ok(&["build", "--retry"]);
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 2 macros from Wasm (2 cached)\n"), "it is forgotten");
}

#[test]
fn the_macros_of_a_macro_that_becomes_native_still_come_from_wasm() {
    // Only the one that was refused something leaves the sandbox.
    let mut lab = Lab::usual();
    lab.ok(&["build"]);
    lab.control = json!({ "refusals": [refusal("second-derive", "run", "git")] });
    let output = lab.ok(&["build", "--on-refusal", "native"]);
    assert!(output.stderr.contains("Used 2 macros from Wasm (2 cached), 1 native: second-derive"), "{}", output.stderr);
}

#[test]
fn programs_and_tests_are_not_run_twice() {
    // They may have done something that must not be done twice, and they were compiled. A refusal in an example of the documentation
    // comes after the tests have run.
    let mut lab = lab();
    // What Cargo is asked in between has the same arguments, since others may be refused or lead to other crates.
    for line in [&["run", "-p", "x", "--", "--native", "y"][..], &["run", "7"], &["test", "--doc"], &["bench"]] {
        lab.control["passes"] = json!(true);
        lab.control["use_code"] = json!(101);
        lab.control["compile_code"] = json!(0);
        let words = [&[line[0], "--on-refusal=native", "--retry"], &line[1..]].concat();
        assert_eq!(lab.run(&words).code, 101);
        let uses = lab.take_calls("use");
        let runs_nothing: Vec<&Value> = uses.iter().map(|call| &call["request"]["runs_nothing"]).collect();
        assert_eq!(runs_nothing, [false, true], "{line:?}");
        assert_eq!(uses[0]["args"], json!(line));
        assert_eq!(uses[1]["args"], json!(line));
    }
    lab.control["use_code"] = json!(3);
    assert_eq!(lab.run(&["run"]).code, 3);
    assert_eq!(lab.take_calls("use").len(), 1, "the code of a program and not of the compiler");
}

#[test]
fn tests_that_do_not_compile_are_tried_again_with_any_arguments() {
    // `--no-run` is what CI calls first.
    for line in [&["test", "--no-run"][..], &["bench", "--no-run"], &["run", "7"], &["test", "--doc"]] {
        let lab = lab();
        let output = lab.ok(&[&line[..1], &["--on-refusal", "native"], &line[1..]].concat());
        assert!(output.stderr.contains("    Retrying with first-derive running natively\n"), "{}", output.stderr);
    }
}

#[test]
fn what_fails_without_a_refusal_is_cargo_s_error_alone() {
    // Most errors are the user's own.
    let mut lab = Lab::usual();
    lab.control = json!({ "use_code": 101 });
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.ends_with("Used 2 macros from Wasm\n"), "{}", output.stderr);
}

#[test]
fn what_was_asked_for_is_shown_and_accepted() {
    let mut lab = lab();
    let refused = lab.control["refusals"].as_array_mut().unwrap();
    refused.push(refusal("second-derive", "run", "git"));
    let shown = lab.ok(&["permissions"]).stdout;
    assert!(
        shown.contains("first-derive v1.0.0\n  has         only what every macro has\n  asked for   nothing\n"),
        "{shown}"
    );
    lab.run(&["build"]);
    lab.permit("[permissions.first-derive]\nenv = [\"DATABASE_*\"] # the database\n");
    let shown = lab.ok(&["permissions"]).stdout;
    for line in [
        "  has         env = [\"DATABASE_*\"]\n",
        "  asked for   reading `",
        ": read = [\".env\"]\n",
        "the environment variable `DATABASE_URL` (`it`), ",
        " ago: granted since\n",
        "  asked for   running the program `git` (`it`), ",
        " ago: native = true\n",
        "inner-derive v1.0.0\n  has         only what every macro has\n  asked for   nothing\n",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert_eq!(lab.take_calls("plan").len(), 3, "nothing is built");
    // Native rights are given by name alone.
    let output = lab.ok(&["permissions", "--accept"]);
    assert!(
        output.stderr.contains("warning: these macro packages need native rights, which are only granted by name"),
        "{}",
        output.stderr
    );
    let expected =
        "[permissions.first-derive]\nenv = [\"DATABASE_*\"] # the database\nread = [\".env\", \"/etc/hosts\"]\n";
    assert_eq!(lab.permissions(), expected);
    lab.ok(&["permissions", "--accept", "second-derive", "--workspace"]);
    assert_eq!(lab.permissions(), format!("{expected}\n[permissions.second-derive]\nnative = true\n"));
    assert!(
        lab.ok(&["permissions"])
            .stdout
            .contains("  has         all your rights: `native = true` in `wasm-proc-macro.toml`, line 6\n")
    );
    lab.ok(&["build"]);
    assert!(lab.ok(&["permissions", "--accept"]).stderr.contains("nothing; no macro has asked for more"));
    assert_eq!(lab.run(&["permissions", "--accept", "inner-derive"]).code, 101);
    assert_eq!(lab.run(&["permissions", "--accept", "nobody"]).code, 101);
}

#[test]
fn what_another_module_asked_for_is_not_accepted_for_this_one() {
    // After an edit, or an update, it may be somebody else who asks.
    let mut lab = lab();
    lab.run(&["build"]);
    lab.control = json!({});
    lab.units[2]["version"] = json!("1.0.1");
    lab.units[2]["package"] = json!("registry+https://example.org/index#first-derive@1.0.1");
    lab.write_module("first-derive", "1.0.1", b"");
    lab.ok(&["build"]);
    assert!(
        lab.ok(&["permissions"])
            .stdout
            .contains("first-derive v1.0.1\n  has         only what every macro has\n  asked for   nothing\n")
    );
    lab.ok(&["permissions", "--accept"]);
    assert_eq!(lab.permissions(), "");
    // The same package after an edit.
    let mut lab = self::lab();
    lab.make_local(2);
    let dir = lab.path("project/first");
    let write = |text: &str| {
        fs::create_dir_all(dir.join("src")).unwrap();
        fs::write(dir.join("src/lib.rs"), text).unwrap();
        sleep(Duration::from_millis(200));
    };
    write("one");
    lab.units[2]["manifest"] = json!(dir.join("Cargo.toml"));
    lab.units[2]["src"] = json!(dir.join("src/lib.rs"));
    lab.run(&["build"]);
    assert!(lab.ok(&["permissions"]).stdout.contains("asked for   reading"));
    lab.control = json!({});
    lab.write_module("first-derive", "1.0.0", b"after an edit");
    write("two");
    lab.ok(&["build"]);
    lab.ok(&["permissions", "--accept"]);
    assert_eq!(lab.permissions(), "");
}

#[test]
fn a_macro_that_cannot_be_built_is_accepted_by_name() {
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "first-derive": "error: bad" } });
    lab.run(&["build"]);
    let shown = lab.ok(&["permissions"]).stdout;
    assert!(shown.contains("  needs       to run natively, error: bad; known from an earlier build"), "{shown}");
    lab.ok(&["permissions", "--accept"]);
    assert_eq!(lab.permissions(), "");
    lab.ok(&["permissions", "--accept", "first-derive"]);
    assert_eq!(lab.permissions(), "[permissions.first-derive]\nnative = true\n");
    lab.ok(&["build"]);
}

#[test]
fn the_file_is_read_where_the_workspace_is() {
    // A link to it is followed when something is written, and its mode stays.
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let lab = lab();
    lab.run(&["build"]);
    let file = lab.path("real.toml");
    fs::write(&file, "# mine\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&file, lab.path("project/wasm-proc-macro.toml")).unwrap();
    lab.ok(&["permissions", "--accept"]);
    assert!(lab.path("project/wasm-proc-macro.toml").is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("# mine\n\n{LINES}"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    lab.ok(&["build"]);
    assert_eq!(names(&lab.take_calls("use")[2]["request"]["modules"]), ["first-derive", "second-derive"]);
}
