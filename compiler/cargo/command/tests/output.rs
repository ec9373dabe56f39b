//! What people see, on which stream, and how much of it.

mod support;

use serde_json::json;
use support::{Lab, finish, on_terminal, refusal};

#[test]
fn quiet_says_nothing_but_errors() {
    // As in Cargo, by option or by variable.
    let mut lab = Lab::usual();
    lab.control = json!({});
    assert_eq!(lab.ok(&["build", "-q"]).stderr, "");
    assert_eq!(lab.ok(&["build", "--release", "-qr"]).stderr, "");
    let mut command = lab.command(&["build"]);
    command.env("CARGO_TERM_QUIET", "true");
    assert_eq!(finish(command).stderr, "");
    lab.control = json!({ "failing": { "first-derive": "error: bad" } });
    lab.ok(&["store", "clear"]);
    for options in [&["build", "-q"][..], &["build", "-q", "--forbid-native"]] {
        assert!(lab.run(options).stderr.starts_with("error: 1 macro "), "{options:?}");
    }
}

#[test]
fn verbose_says_why_a_macro_failed() {
    // The summary has room for one line only.
    let mut lab = Lab::usual();
    lab.control = json!({ "failing": { "first-derive": "error: bad\n  --> src/lib.rs:1:1" }, "build_stderr": "error: could not\n" });
    let output = lab.run(&["build", "-v"]);
    assert!(output.stderr.contains("error: bad\n  --> src/lib.rs:1:1\n"), "{}", output.stderr);
    assert!(output.stderr.contains("error: could not\n"), "{}", output.stderr);
    let lab = Lab::usual();
    assert!(!lab.ok(&["build"]).stderr.contains("src/lib.rs"));
}

#[test]
fn colours_are_chosen_as_in_cargo() {
    // An option beats Cargo's variable, which beats everybody's.
    let lab = Lab::usual();
    let has_color = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = lab.command(args);
        command.envs(variables.iter().copied());
        let output = finish(command);
        assert_eq!(output.code, 0);
        assert!(output.stderr.contains("macros from Wasm"));
        output.stderr.contains("\u{1b}[1m\u{1b}[92m        Used\u{1b}[0m ")
    };
    assert!(!has_color(&["build"], &[]), "not a terminal");
    assert!(has_color(&["build", "--color", "always"], &[("NO_COLOR", "1")]));
    assert!(has_color(&["build", "--color=always"], &[("CARGO_TERM_COLOR", "never")]));
    assert!(has_color(&["build"], &[("CARGO_TERM_COLOR", "always")]));
    assert!(!has_color(&["build", "--color", "never"], &[("CARGO_TERM_COLOR", "always")]));
    assert!(has_color(&["build"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!has_color(&["build"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn a_terminal_gets_a_bar_instead_of_lines() {
    // And the bar is gone at the end.
    let mut lab = Lab::usual();
    lab.control = json!({ "build_seconds": 0.3 });
    let text = on_terminal(lab.command(&["build"]), "").stdout;
    assert!(text.contains("    Building [="), "{text:?}");
    assert!(text.contains("/3: "), "{text:?}");
    assert!(!text.contains("(wasm32-wasip1)"), "{text:?}");
    assert!(text.contains("Used 2 macros from Wasm"), "{text:?}");
    assert!(!text.contains("\u{1b}[92m"), "{text:?}");
    let mut command = lab.command(&["build", "-q"]);
    command.env("WASM_PROC_MACRO_STORE", lab.path("another"));
    assert_eq!(on_terminal(command, "").stdout, "");
}

#[test]
fn explain_says_what_is_decided_and_why() {
    // Without building anything.
    let mut lab = Lab::usual();
    let output = lab.ok(&["build", "--explain", "second-derive"]);
    assert_eq!(lab.take_modes(), ["plan"]);
    assert_eq!(output.stderr, "");
    for line in [
        "second-derive v1.0.0\n",
        "  package     registry+https://example.org/index#second-derive@1.0.0\n",
        "  features    default\n",
        "  decision    runs from Wasm, once it is built\n",
        "  built from  syn v1.0.0\n",
        "  built with  inner-derive v1.0.0\n",
    ] {
        assert!(output.stdout.contains(line), "{}", output.stdout);
    }
    lab.ok(&["build"]);
    let output = lab.ok(&["build", "--explain=second-derive"]);
    assert!(
        output.stdout.contains("  decision    runs from Wasm, from the module in the store (quick)\n"),
        "{}",
        output.stdout
    );
    assert!(
        lab.stored("modules").iter().any(|path| output.stdout.contains(path.to_str().unwrap())),
        "{}",
        output.stdout
    );
    let sources = lab.stored("sources");
    let keys: Vec<&str> = sources.iter().map(|path| path.file_stem().unwrap().to_str().unwrap()).collect();
    assert!(keys.iter().any(|key| output.stdout.contains(&format!("  key         {key}\n"))), "{}", output.stdout);
    let output = lab.ok(&["build", "--native", "second-derive", "--explain", "second-derive"]);
    assert!(output.stdout.contains("  decision    runs natively: `--native`\n"), "{}", output.stdout);
    let output = lab.ok(&["build", "--explain", "syn"]);
    assert!(output.stdout.contains("only macros need it"), "{}", output.stdout);
    assert!(
        output.stdout.contains("  macros      first-derive v1.0.0, inner-derive v1.0.0, second-derive v1.0.0\n"),
        "{}",
        output.stdout
    );
    lab.make_local(1);
    let output = lab.ok(&["build", "--explain", "second-derive"]);
    assert!(output.stdout.contains("because the source of inner-derive v1.0.0 can change\n"), "{}", output.stdout);
    assert!(lab.run(&["build", "--explain", "sin"]).stderr.contains("`--explain sin` names no macro package"));
}

#[test]
fn what_others_say_is_shown_and_not_obeyed() {
    // Compile errors, build scripts, paths and names of macros are from whoever wrote the macro.
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2K\r\u{9b}2K";
    let mut lab = Lab::usual();
    let said = |lab: &Lab, options: &[&str]| {
        let output = lab.run(options);
        let text = output.stdout + &output.stderr;
        assert!(!text.contains(['\u{1b}', '\u{7}', '\r', '\u{9b}']), "{options:?}: {text:?}");
        text
    };
    lab.control = json!({ "failing": { "first-derive": format!("error: {evil}") }, "build_stderr": evil });
    for options in
        [&["build"][..], &["build", "--forbid-native"], &["build", "--explain", "first-derive"], &["permissions"]]
    {
        assert!(said(&lab, options).contains("\\u{9b}2K"), "{options:?}");
    }
    assert!(said(&lab, &["build", "-v", "--retry"]).contains("\\u{1b}]0;owned\\u{7}\\u{1b}[2K\\u{d}"));
    lab.control = json!({ "refusals": [refusal("first-derive", "read", &format!("/etc/{evil}"))] });
    for options in [&["build", "--retry"][..], &["build", "--on-refusal", "native"], &["permissions"]] {
        assert!(said(&lab, options).contains("\\u{1b}]0;owned\\u{7}"), "{options:?}");
    }
}

#[test]
fn help_is_there_for_each_command() {
    // `cargo help wasm-proc-macro` and `cargo wasm-proc-macro build --help` are the first things people try.
    let lab = Lab::usual();
    assert!(lab.ok(&["wasm-proc-macro", "--help"]).stdout.contains("cargo wasm-proc-macro build "));
    for command in ["build", "pack", "verify", "store"] {
        let output = lab.ok(&["wasm-proc-macro", command, "--help"]);
        assert!(output.stdout.contains(&format!("Usage: cargo wasm-proc-macro {command}")), "{}", output.stdout);
    }
    assert!(lab.ok(&["--version"]).stdout.starts_with("cargo-wasm-proc-macro "));
    assert!(lab.run(&["biuld"]).stderr.contains("'build'"));
    assert_eq!(lab.take_modes(), Vec::<String>::new());
}

#[test]
fn the_reference_is_of_this_version() {
    // It is written from the definition of the options, and nobody remembers to do that.
    let lab = Lab::new();
    let (file, dir, completions) = (lab.path("REFERENCE.md"), lab.path("man"), lab.path("completions"));
    let [to, man_to, completions_to] = [&file, &dir, &completions].map(|path| path.to_str().unwrap());
    lab.ok(&["generate-docs", "--markdown", to, "--man", man_to, "--completions", completions_to]);
    let is_same = std::fs::read_to_string(&file).unwrap() == include_str!("../REFERENCE.md");
    assert!(is_same, "`cargo run -- generate-docs --markdown REFERENCE.md` in compiler/cargo/command writes it anew");
    for page in ["cargo-wasm-proc-macro.1", "cargo-wasm-proc-macro-build.1", "cargo-wasm-proc-macro-store-gc.1"] {
        let page = std::fs::read_to_string(dir.join(page)).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
    }
    for (name, command) in [
        ("cargo-wasm-proc-macro.bash", " cargo-wasm-proc-macro\n"),
        ("_cargo-wasm-proc-macro", "#compdef cargo-wasm-proc-macro"),
        ("cargo-wasm-proc-macro.fish", "complete -c cargo-wasm-proc-macro"),
    ] {
        let script = std::fs::read_to_string(completions.join(name)).unwrap();
        assert!(script.contains(command) && script.contains("on-refusal"), "{name}");
        assert!(!script.contains("generate-docs"), "{name}");
    }
    // What bash itself makes of it.
    let complete = r#"
        source "$1"/cargo-wasm-proc-macro.bash
        COMP_WORDS=(cargo-wasm-proc-macro store g) COMP_CWORD=2
        _cargo_wasm_proc_macro cargo-wasm-proc-macro g store
        echo "${COMPREPLY[@]}"
        complete -p cargo-wasm-proc-macro"#;
    let bash = std::process::Command::new("bash").args(["--norc", "-c", complete, "bash", completions_to]).output();
    let said = String::from_utf8(bash.unwrap().stdout).unwrap();
    assert!(said.starts_with("gc\ncomplete "), "{said}");
}
