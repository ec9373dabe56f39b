//! `wasm-proc-macro.toml`, `pack` and `verify`.

mod support;

use std::fs;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::{Lab, module, names, refusal};

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Pins modules, each by a key, in a file, with what is in it.
fn pin(lab: &Lab, pins: &[(&str, &str, &[u8])]) {
    let mut text = "[modules]\n".to_owned();
    for (key, file, bytes) in pins {
        fs::create_dir_all(lab.path("project/wasm")).unwrap();
        fs::write(lab.path("project/wasm").join(file), bytes).unwrap();
        text += &format!("{key} = {{ path = \"wasm/{file}\", sha256 = \"{}\" }}\n", hex(bytes));
    }
    fs::write(lab.path("project/wasm-proc-macro.toml"), text).unwrap();
}

#[test]
fn a_pinned_module_is_used_and_nothing_is_built_for_it() {
    // Not even the macros with which its package is built.
    let lab = Lab::usual();
    let bytes = module("second_derive", "1.0.0", b"prebuilt");
    pin(&lab, &[("second-derive", "second.wasm", &bytes)]);
    let output = lab.ok(&["build"]);
    assert_eq!(names(&lab.calls()[1]["request"]["build"]), ["first-derive"]);
    let modules = &lab.calls()[2]["request"]["modules"];
    let pinned = modules.as_array().unwrap().iter().find(|it| it["sha256"] == json!(hex(&bytes)));
    assert_eq!(pinned.unwrap()["path"], json!(lab.path("project/wasm/second.wasm")));
    assert!(output.stderr.ends_with("Used 2 macros from Wasm (1 pinned)\n"), "{}", output.stderr);
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 2 macros from Wasm (1 cached, 1 pinned)\n"));
}

#[test]
fn another_module_than_was_pinned_is_an_error_that_shows_both_digests() {
    // This is what a pin is for.
    let lab = Lab::usual();
    pin(&lab, &[("first-derive", "first.wasm", b"other")]);
    let bytes = module("first_derive", "1.0.0", b"");
    fs::write(lab.path("project/wasm/first.wasm"), &bytes).unwrap();
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("is another one than was pinned"), "{}", output.stderr);
    assert!(output.stderr.contains(&format!("pinned: sha256 = {}", hex(b"other"))), "{}", output.stderr);
    assert!(output.stderr.contains(&format!("found:  sha256 = {}", hex(&bytes))), "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan"], "nothing is built first");
}

#[test]
fn a_module_of_another_crate_or_version_is_an_error() {
    // After an update of the dependency the old module would be wrong code.
    let lab = Lab::usual();
    for bytes in [module("first_derive", "0.9.0", b""), module("another", "1.0.0", b"")] {
        pin(&lab, &[("first-derive", "first.wasm", &bytes)]);
        let output = lab.run(&["build"]);
        assert_eq!(output.code, 101);
        assert!(output.stderr.contains("the project uses crate `first_derive` 1.0.0"), "{}", output.stderr);
        assert!(output.stderr.contains("pack -p first-derive@1.0.0`"), "{}", output.stderr);
    }
}

#[test]
fn a_module_that_is_not_there_or_none_is_an_error() {
    // Building one instead would be what the project does not want.
    let lab = Lab::usual();
    pin(&lab, &[("first-derive", "first.wasm", b"no module")]);
    assert!(lab.run(&["build"]).stderr.contains("cannot be used: "));
    fs::remove_file(lab.path("project/wasm/first.wasm")).unwrap();
    assert!(lab.run(&["build"]).stderr.contains("cannot be read: "));
    assert_eq!(lab.run(&["build", "--native", "first-derive"]).code, 0, "it is not used");
}

#[test]
fn the_file_is_read_strictly() {
    // A typing error in it must not silently build from source.
    let lab = Lab::usual();
    for (text, expected) in [
        ("[module]\n", "unknown field `module`"),
        ("[modules]\nx = { path = \"y\", sha265 = \"\" }\n", "unknown field `sha265`"),
        ("[modules]\nx = { path = \"y\" }\n", "missing field `sha256`"),
        ("[modules\n", "wasm-proc-macro.toml` is not valid"),
    ] {
        fs::write(lab.path("project/wasm-proc-macro.toml"), text).unwrap();
        let output = lab.run(&["build"]);
        assert_eq!(output.code, 101);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
    }
}

#[test]
fn a_pin_that_names_nothing_is_a_warning() {
    // Another part of the workspace may use the macro, but it may be a typing error as well.
    let lab = Lab::usual();
    pin(&lab, &[("frist-derive", "x.wasm", b"")]);
    let output = lab.ok(&["build"]);
    let expected = "warning: `frist-derive` in `wasm-proc-macro.toml` names no macro package of this project; did you mean `first-derive`?";
    assert!(output.stderr.contains(expected), "{}", output.stderr);
}

#[test]
fn two_versions_need_a_pin_each() {
    // A name alone would give one of them the other's module.
    let mut lab = Lab::usual();
    let newer = lab.macros("first-derive", &[]);
    lab.units[newer]["version"] = json!("2.0.0");
    lab.units[newer]["package"] = json!("registry+https://example.org/index#first-derive@2.0.0");
    lab.write_module("first-derive", "2.0.0", b"");
    lab.roots.push(newer);
    let bytes = module("first_derive", "2.0.0", b"prebuilt");
    pin(&lab, &[("first-derive", "first.wasm", &bytes)]);
    assert!(lab.run(&["build"]).stderr.contains("can mean more than one version"));
    pin(&lab, &[("\"first-derive@2\"", "first.wasm", &bytes)]);
    assert!(lab.ok(&["build"]).stderr.ends_with("Used 3 macros from Wasm (1 pinned)\n"));
    pin(&lab, &[("\"first-derive@2\"", "first.wasm", &bytes), ("\"first-derive@2.0.0\"", "first.wasm", &bytes)]);
    assert!(lab.run(&["build"]).stderr.contains("both name first-derive v2.0.0"));
    let output = lab.run(&["pack", "-p", "first-derive"]);
    assert!(output.stderr.contains("names more than one macro package"), "{}", output.stderr);
    let output = lab.ok(&["pack", "-p", "first-derive@2"]);
    assert!(output.stdout.starts_with("\"first-derive@2.0.0\" = { path = "), "{}", output.stdout);
}

#[test]
fn what_pack_writes_and_prints_can_be_pinned() {
    // The line goes into the file as it is.
    let lab = Lab::usual();
    let output = lab.ok(&["pack", "-p", "first-derive", "-o", "wasm", "--all-features"]);
    let bytes = fs::read(lab.path("project/wasm/first-derive-1.0.0.wasm")).unwrap();
    assert_eq!(bytes, module("first_derive", "1.0.0", b""));
    let line = format!(
        "first-derive = {{ path = \"wasm/first-derive-1.0.0.wasm\", sha256 = \"{}\", features = [\"default\"] }}\n",
        hex(&bytes)
    );
    assert_eq!(output.stdout, line);
    assert_eq!(lab.calls()[0]["args"], json!(["build", "--all-features"]));
    assert_eq!(names(&lab.calls()[1]["request"]["build"]), ["first-derive"]);
    assert_eq!(lab.take_modes(), ["plan", "build"]);
    fs::write(lab.path("project/wasm-proc-macro.toml"), format!("[modules]\n{line}")).unwrap();
    assert!(lab.ok(&["build"]).stderr.contains("1 pinned"));
    assert_eq!(lab.ok(&["pack", "-q", "-p", "first-derive", "-o", "wasm"]).stdout, line, "a pin is not packed again");
}

#[test]
fn a_module_without_a_feature_that_is_needed_is_an_error() {
    // `cargo test` needs more than `cargo build`, and the macro that is missing then says nothing about the pin.
    let mut lab = Lab::usual();
    let first = lab.units.iter().position(|unit| unit["name"] == "first-derive").unwrap();
    let bytes = module("first_derive", "1.0.0", b"prebuilt");
    pin(&lab, &[("first-derive", "first.wasm", &bytes)]);
    let file = lab.path("project/wasm-proc-macro.toml");
    let text = fs::read_to_string(&file).unwrap().replace(" }", ", features = [\"default\", \"more\"] }");
    fs::write(&file, text).unwrap();
    assert!(lab.ok(&["build"]).stderr.contains("1 pinned"), "more does no harm");
    lab.units[first]["features"] = json!(["default", "from"]);
    let output = lab.run(&["test"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("was built without what the project needs: from"), "{}", output.stderr);
    assert!(output.stderr.contains("pinned: features = [\"default\", \"more\"]"), "{}", output.stderr);
    assert!(output.stderr.contains("pack -p first-derive@1.0.0`"), "{}", output.stderr);
    assert!(output.stderr.contains("`--all-targets`"), "{}", output.stderr);
}

#[test]
fn a_macro_that_cannot_be_built_cannot_be_packed() {
    // There is no falling back here.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "first-derive": "error: bad" } });
    let output = lab.run(&["pack", "-p", "first-derive"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("first-derive v1.0.0 cannot be built to Wasm\n  error: bad"), "{}", output.stderr);
    assert!(lab.run(&["pack", "-p", "nothing"]).stderr.contains("names no macro package"));
}

#[test]
fn verify_builds_from_source_and_compares() {
    // Neither the store nor the target directory may vouch for a module.
    let lab = Lab::usual();
    lab.ok(&["build"]);
    lab.take_modes();
    let (same, other) = (module("first_derive", "1.0.0", b""), module("second_derive", "1.0.0", b"evil"));
    pin(&lab, &[("first-derive", "first.wasm", &same), ("second-derive", "second.wasm", &other)]);
    let output = lab.run(&["verify", "--release"]);
    assert_eq!(output.code, 1, "{}", output.stderr);
    let built = hex(&module("second_derive", "1.0.0", b""));
    let expected = format!(
        "first-derive v1.0.0: identical\n  sha256 = {}\nsecond-derive v1.0.0: different\n  pinned: sha256 = {}\n  built:  sha256 = {built}\n",
        hex(&same),
        hex(&other),
    );
    assert_eq!(output.stdout, expected);
    let build = &lab.take_calls("build")[0];
    assert_eq!(names(&build["request"]["build"]), ["first-derive", "inner-derive", "second-derive"]);
    assert_eq!(build["request"]["modules"], json!([]));
    let args: Vec<&Value> = build["args"].as_array().unwrap().iter().collect();
    assert_eq!([args[0], args[1], args[3], args[5]], ["build", "--target-dir", "--config", "--release"]);
    let build_dir = format!("build.build-dir={}", args[2]);
    assert_eq!(args[4], &json!(build_dir), "wherever the user has that");
    assert!(!std::path::Path::new(args[2].as_str().unwrap()).exists(), "it is temporary");

    let output = lab.ok(&["verify", "-p", "first-derive"]);
    assert!(output.stdout.starts_with("first-derive v1.0.0: identical"));
    assert_eq!(names(&lab.take_calls("build")[0]["request"]["build"]), ["first-derive"]);
}

#[test]
fn verify_passes_nothing_over() {
    // "Identical" has to mean all of them.
    let lab = Lab::usual();
    assert!(lab.run(&["verify"]).stderr.contains("the workspace pins no module"));
    pin(&lab, &[("gone-derive", "x.wasm", b"")]);
    let output = lab.run(&["verify"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("`gone-derive` in `wasm-proc-macro.toml` names no macro"), "{}", output.stderr);
    assert!(lab.run(&["verify", "-p", "first-derive"]).stderr.contains("that is pinned"));
}

#[test]
fn what_is_granted_to_a_package_its_pinned_module_has_too() {
    // It is told by its own digest.
    let mut lab = Lab::usual();
    let bytes = module("second_derive", "1.0.0", b"prebuilt");
    pin(&lab, &[("second-derive", "second.wasm", &bytes)]);
    lab.control = json!({ "refusals": [refusal("second-derive", "env", "X")] });
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("[permissions.second-derive]\nenv = [\"X\"]\n"), "{}", output.stderr);
    lab.permit(&(lab.permissions() + "[permissions.second-derive]\nenv = [\"X\"]\n"));
    lab.take_modes();
    lab.ok(&["build"]);
    let modules = &lab.take_calls("use")[0]["request"]["modules"];
    let pinned = modules.as_array().unwrap().iter().find(|it| it["sha256"] == json!(hex(&bytes))).unwrap();
    assert_eq!(pinned["grants"], json!({ "read": [], "env": ["X"] }));
}

#[test]
fn a_macro_that_is_built_with_a_pinned_one_is_not_everybody_s() {
    // Other projects have not pinned that, and must not get what it has made.
    let lab = Lab::usual();
    pin(&lab, &[("inner-derive", "inner.wasm", &module("inner_derive", "1.0.0", b"prebuilt"))]);
    lab.ok(&["build"]);
    lab.take_modes();
    lab.ok(&["build"]);
    assert_eq!(lab.take_modes(), ["plan", "use"]);
    fs::remove_file(lab.path("project/wasm-proc-macro.toml")).unwrap();
    lab.ok(&["build"]);
    assert_eq!(names(&lab.take_calls("build")[0]["request"]["build"]), ["inner-derive", "second-derive"]);
}
