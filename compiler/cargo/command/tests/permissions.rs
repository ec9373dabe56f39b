//! `[permissions]` in `wasm-proc-macro.toml`: read strictly, and by package.

mod support;

use serde_json::{Value, json};
use support::{Lab, finish, refusal};

/// What a macro has in the next build.
fn grants(lab: &Lab, name: &str) -> Value {
    lab.ok(&["build"]);
    let calls = lab.take_calls("use");
    let modules = calls[0]["request"]["modules"].as_array().unwrap();
    modules.iter().find(|module| module["name"] == name).unwrap()["grants"].clone()
}

#[test]
fn everything_that_is_granted_reaches_cargo() {
    let lab = Lab::usual();
    lab.permit(
        "[permissions.first-derive]\nread = [\".env\", \"../beside\", \"/abs\"]\nenv = [\"A\", \"B_*\"]\ntime = \"2min\"\nmemory = \"2GiB\"\nnative = false\n",
    );
    let project = lab.path("project");
    let read = json!(["/abs", project.join(".env"), project.join("../beside")]);
    let mut found = grants(&lab, "first-derive");
    let mut paths = found["read"].take();
    paths.as_array_mut().unwrap().sort_by_key(|path| path.to_string());
    let mut expected = read.clone();
    expected.as_array_mut().unwrap().sort_by_key(|path| path.to_string());
    assert_eq!(paths, expected);
    found["read"] = json!([]);
    assert_eq!(found, json!({ "read": [], "env": ["A", "B_*"], "time": "2min", "memory": "2GiB" }));
    assert_eq!(grants(&lab, "second-derive"), json!({ "read": [], "env": [] }));
    lab.ok(&["build"]);
    let calls = lab.calls();
    for call in &calls[1..] {
        assert_eq!(call["request"]["policy_dir"], json!(lab.path("project/target/wasm-proc-macro/policy")));
    }
    assert!(lab.ok(&["build", "--explain", "first-derive"]).stdout.contains("time = \"2min\", memory = \"2GiB\"\n"));
}

#[test]
fn sections_that_name_a_package_add_up() {
    // By name, by version and by id.
    let mut lab = Lab::usual();
    lab.units[2]["version"] = json!("1.4.2");
    lab.write_module("first-derive", "1.4.2", b"");
    lab.permit(
        "[permissions.first-derive]\nenv = [\"A\"]\ntime = \"2min\"\n\
        [permissions.\"first-derive@1.4\"]\nenv = [\"B\"]\ntime = \"1min\"\n\
        [permissions.\"first-derive@=1.4.2\"]\nenv = [\"C\"]\n\
        [permissions.\"first-derive@2\"]\nenv = [\"D\"]\n\
        [permissions.\"registry+https://example.org/index#first-derive@1.0.0\"]\nenv = [\"E\"]\ntime = \"3min\"\n",
    );
    let expected = json!({ "read": [], "env": ["A", "B", "C", "E"], "time": "3min" });
    assert_eq!(grants(&lab, "first-derive"), expected);
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_key() {
    // A typing error must not grant less than somebody thinks, nor more.
    let lab = Lab::usual();
    for (text, expected) in [
        (
            "[permissions.a]\n\nraed = []\n",
            &["line 3", "raed", "unknown field `raed`, expected one of `read`, `env`"][..],
        ),
        ("[permission.a]\n", &["line 1", "unknown field `permission`"]),
        (
            "[permissions.a]\nnative = \"yes\"\n",
            &["line 2", "native", "invalid type: string \"yes\", expected a boolean"],
        ),
        ("[permissions.a]\ntime = 5\n", &["line 2", "time", "invalid type: integer `5`"]),
        ("[permissions.a]\ntime = \"5 minutes\"\n", &["line 2", "time", "`5 minutes` is not a time"]),
        ("[permissions.a]\nmemory = \"5GB\"\n", &["line 2", "memory", "`5GB` is not an amount of memory"]),
        (
            "[permissions.a]\nread = [\"src\", \"*.sql\"]\n",
            &["line 2", "read", "`*.sql` is a pattern; write a directory"],
        ),
        ("[permissions.a]\nread = [\"\"]\n", &["line 2", "read", "this is not a path"]),
        ("[permissions.a]\nread = [\"~/.env\"]\n", &["line 2", "read", "is not expanded"]),
        (
            "[permissions.a]\nread = \".env\"\n",
            &["line 2", "read", "invalid type: string \".env\", expected a sequence"],
        ),
        ("[permissions.a]\nenv = [\"A*B\"]\n", &["line 2", "env", "`*` is allowed only at the end"]),
        ("[permissions.a]\nenv = [\"A=B\"]\n", &["line 2", "env", "a name is not empty and has no `=`"]),
        ("\n[permissions.\"a@one\"]\n", &["line 2", "a@one", "has an invalid version"]),
        ("[permissions.\"a b\"]\n", &["line 1", "a b", "is not a package; write `NAME`"]),
        ("[permissions.a]\nnative = true\n[permissions.a]\n", &["line 3", "duplicate key"]),
    ] {
        lab.permit(text);
        let output = lab.run(&["build"]);
        assert_eq!(output.code, 101, "{text}");
        for part in expected.iter().chain(&["wasm-proc-macro.toml` is not valid"]) {
            assert!(output.stderr.contains(part), "{text}{part}\n{}", output.stderr);
        }
        assert_eq!(lab.take_modes(), ["plan"], "nothing is built or run first");
    }
}

#[test]
fn a_section_about_nobody_is_a_warning() {
    // Another part of the workspace may use the macro, but it may be a typing error as well.
    let lab = Lab::usual();
    lab.permit("[permissions.frist-derive]\n[permissions.\"second-derive@3\"]\n[permissions.other]\n");
    let output = lab.ok(&["build"]);
    let says = |text: &str| {
        let text = format!("warning: {text}");
        assert!(output.stderr.contains(&text), "{text}\n{}", output.stderr);
    };
    says(
        "`frist-derive` in `wasm-proc-macro.toml` names no macro package of this project; did you mean `first-derive`?",
    );
    says(
        "`second-derive@3` in `wasm-proc-macro.toml` names no macro package of this project; there is second-derive v1.0.0",
    );
    says("`other` in `wasm-proc-macro.toml` names no macro package of this project\n");
}

#[test]
fn a_name_that_two_places_have_is_no_name() {
    // Who adds a dependency deep down could call it as one that has been granted something.
    let mut lab = Lab::usual();
    let other = lab.macros("first-derive", &[]);
    let id = "git+https://example.org/evil#first-derive@0.9.0";
    lab.units[other]["package"] = json!(id);
    lab.units[other]["version"] = json!("0.9.0");
    lab.write_module("first-derive", "0.9.0", b"");
    lab.roots.push(other);
    lab.permit("[permissions.first-derive]\nnative = true\n");
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    assert!(
        output.stderr.contains("`first-derive` in `wasm-proc-macro.toml` names macro packages from different places"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains(&format!("[permissions.\"{id}\"]")), "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan"]);
    // What is proposed names one of them.
    lab.permit("");
    lab.control = json!({ "refusals": [refusal("first-derive", "env", "X")] });
    let output = lab.run(&["build"]);
    let both =
        "[permissions.\"first-derive@0.9.0\"]\nenv = [\"X\"]\n\n[permissions.\"first-derive@1.0.0\"]\nenv = [\"X\"]\n";
    assert!(output.stderr.contains(both), "{}", output.stderr);
    lab.permit(both);
    lab.ok(&["build"]);
}

#[test]
fn a_copy_of_a_module_has_not_what_its_model_has() {
    // The compiler knows a module by its content alone. With the file of a package that nobody else can have, another one could call it.
    let lab = Lab::usual();
    let module = |name: &str| lab.path(&format!("fake/modules/{name}-1.0.0.wasm"));
    std::fs::copy(module("first_derive"), module("second_derive")).unwrap();
    lab.ok(&["build"]);
    lab.permit("[permissions.first-derive]\nenv = [\"SECRET\"]\n");
    lab.take_modes();
    let output = lab.run(&["build"]);
    assert_eq!(output.code, 101);
    let says = "error: first-derive v1.0.0 and second-derive v1.0.0 have the same module, but different grants\n";
    assert!(output.stderr.contains(says), "{}", output.stderr);
    assert!(output.stderr.contains("#first-derive@1.0.0\n"), "{}", output.stderr);
    assert_eq!(lab.take_modes(), ["plan"], "nothing has run");
    lab.permit("[permissions.first-derive]\nenv = [\"SECRET\"]\n[permissions.second-derive]\nenv = [\"SECRET\"]\n");
    lab.ok(&["build"]);
}

#[test]
fn packing_has_the_project_s_permissions() {
    // The macro that is packed may be built with one that reads something.
    let mut lab = Lab::usual();
    lab.control = json!({ "refusals": [refusal("inner-derive", "env", "X")] });
    lab.settings = json!({ "optimize": "first" });
    lab.run(&["build", "--native", "second-derive"]);
    let output = lab.run(&["pack", "-p", "second-derive"]);
    assert_eq!(output.code, 101);
    assert!(output.stderr.contains("[permissions.inner-derive]\nenv = [\"X\"]\n"), "{}", output.stderr);
    lab.permit("[permissions.inner-derive]\nenv = [\"X\"]\n");
    lab.ok(&["pack", "-p", "second-derive"]);
}

#[test]
fn a_workspace_that_a_program_makes_is_part_of_the_project() {
    // That is how trybuild compiles what is to fail. Nobody can write permissions into a directory that a test makes.
    let lab = Lab::usual();
    lab.permit("[permissions.first-derive]\nnative = true\n[permissions.of-another-program]\nnative = true\n");
    lab.ok(&["test"]);
    let calls = lab.calls();
    let outer = calls[calls.len() - 1]["env"]["__CARGO_WASM_PROC_MACRO_OUTER"].as_str().expect("paths");
    let (project, target) = (lab.path("project"), lab.path("project/target"));
    assert_eq!(outer, format!("{}:{}", project.display(), target.display()));
    let run_in = |workspace: &str, outer: &str| {
        let mut inner = Lab::usual();
        inner.workspace = Some(inner.path(workspace));
        inner.permit("[permissions.second-derive]\nnative = true\n");
        let mut command = inner.command(&["check"]);
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
    let native = |lab: &Lab| lab.ok(&["check"]).stderr;
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
