//! `--wasm-proc-macro-policy`: what it grants, to whom, and that it is read strictly.

use std::fs;
use std::process::Command;

use tests::toolchain::clean_environment;
use tests::{Artifacts, Form, Lab, Outcome, RustcExt, Toolchain};

/// A package, and beside it what it has no right to.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("package/own.txt", "own");
    lab.write("shared/granted.txt", "granted");
    lab.write("shared/deep/also.txt", "also");
    lab.write("secret.txt", "secret");
    lab.module("asking", "asking");
    lab
}

/// Compiles and runs a program in the package that prints what a macro returns.
fn expand(lab: &Lab, policy: Option<&str>, call: &str) -> Outcome {
    lab.write("package/main.rs", format!("fn main() {{ println!(\"{{}}\", asking::{call}); }}"));
    let mut rustc = rustc(lab);
    if let Some(policy) = policy {
        rustc.arg("--wasm-proc-macro-policy").arg(lab.write("policy.toml", policy));
    }
    let compiled = rustc.module(&lab.join("asking.wasm")).outcome();
    if compiled.code != Some(0) {
        return compiled;
    }
    let ran = Command::new(lab.join("package/main")).outcome().success();
    Outcome { stdout: ran.stdout, ..compiled }
}

fn rustc(lab: &Lab) -> Command {
    let mut rustc = lab.rustc();
    rustc.current_dir(lab.join("package")).args(["main.rs", "--emit=link,dep-info"]);
    rustc
}

#[test]
fn a_grant_names_files_and_directories_from_where_the_policy_is() {
    let lab = lab();
    let policy = "[permissions.asking]\nread = ['shared']\n";
    let call = "files!(\"own.txt ../shared/granted.txt ../shared/deep/also.txt\")";
    let outcome = expand(&lab, Some(policy), call).success();
    assert_eq!(outcome.stdout, "[Ok(\"own\"), Ok(\"granted\"), Ok(\"also\")]\n", "{outcome}");
    assert_eq!(outcome.stderr, "", "{outcome}");
    let dep_info = fs::read_to_string(lab.join("package/main.d")).unwrap();
    for name in ["shared/granted.txt", "shared/deep/also.txt", "policy.toml"] {
        let path = lab.join(name).display().to_string();
        assert!(dep_info.lines().any(|line| line == format!("{path}:")), "{path} in\n{dep_info}");
    }
    expand(&lab, Some(policy), "files!(\"../secret.txt\")").one_error().says("secret.txt");
    expand(&lab, None, call).errors().says("granted.txt");
}

/// A name is the user's: that by which the module is used, and not what it calls itself.
#[test]
fn a_grant_is_for_the_name_under_which_a_module_is_used() {
    let lab = lab();
    lab.write("package/main.rs", "fn main() { _ = other::files!(\"../secret.txt\"); }");
    for (granted, is_allowed) in [("other", true), ("asking", false)] {
        let policy = lab.write("policy.toml", format!("[permissions.{granted}]\nread = ['secret.txt']\n"));
        let mut rustc = rustc(&lab);
        rustc.arg("--wasm-proc-macro-policy").arg(policy);
        let outcome = rustc.module_as("other", &lab.join("asking.wasm")).outcome();
        if is_allowed {
            outcome.success();
        } else {
            outcome.one_error().says("of `other`").says("[permissions.other]");
        }
    }
}

/// As Cargo writes it: by the module's digest, whatever it is called.
#[test]
fn a_package_is_known_by_its_modules() {
    let lab = lab();
    let digest = sha256(&lab.join("asking.wasm"));
    let secret = lab.join("secret.txt").display().to_string();
    let policy = |digest: &str| {
        format!(
            "[build]\nvariables = ['OF_THE_UNIT']\n\n[[package]]\nid = 'registry+x#the-package@3.2.1'\n\
             name = 'the-package'\nversion = '3.2.1'\nmodules = ['{digest}']\nread = ['{secret}']\n"
        )
    };
    expand(&lab, Some(&policy(&digest)), "files!(\"../secret.txt\")").success();
    let outcome = expand(&lab, Some(&policy(&digest)), "files!(\"../shared/granted.txt\")").one_error();
    let outcome = outcome.says("the procedural macro `files` of `the-package` 3.2.1 was refused reading `");
    outcome.says("[permissions.the-package]");
    let other = policy(&"0".repeat(64));
    expand(&lab, Some(&other), "files!(\"../secret.txt\")").one_error().says("of `asking` ");
}

fn sha256(path: &std::path::Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().expect("coreutils are there");
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

#[test]
fn what_is_wrong_in_a_policy_ends_the_compilation() {
    let lab = lab();
    for (policy, says) in [
        ("[permissions.asking]\nreed = ['x']\n", "reed"),
        ("[permissions.asking]\nread = 'x'\n", "line 2"),
        ("[permissions.asking]\ntime = '5 parsecs'\n", "parsecs"),
        ("[permissions.asking]\nenv = ['A*B']\n", "A*B"),
        ("permissions = 1\n", "line 1"),
        ("[permissions.asking\n", "line 1"),
        ("\u{1b}]52;c;\u{7}", "line 1"),
    ] {
        let outcome = expand(&lab, Some(policy), "files!(\"own.txt\")").one_error().says(says);
        let outcome = outcome.says("cannot use the policy `").says("policy.toml");
        assert!(!outcome.stderr.contains('\u{1b}'), "{outcome}");
    }
    for (argument, says) in
        [("missing.toml", "missing.toml"), (".", "cannot use the policy `.`"), ("", "needs the path")]
    {
        lab.write("package/main.rs", "fn main() {}");
        rustc(&lab).args(["--wasm-proc-macro-policy", argument]).outcome().one_error().says(says);
    }
    // It grants nothing to nobody, which is no error.
    expand(&lab, Some(""), "files!(\"own.txt\")").success();
    expand(&lab, Some("[permissions.nobody]\nnative = true\n"), "files!(\"own.txt\")").success();
}

/// Doctests are compiled by rustc, which must get the option from rustdoc.
#[test]
fn rustdoc_takes_a_policy_for_pages_and_doctests() {
    let lab = lab();
    let path = lab.join("secret.txt").display().to_string();
    lab.write(
        "package/library.rs",
        format!(
            "/// ```\n/// assert!(asking::files!({path:?}).contains(\"secret\"));\n/// ```\n\
             pub const TEXT: &str = asking::files!({path:?});\n"
        ),
    );
    lab.write("policy.toml", "[permissions.asking]\nread = ['secret.txt']\n");
    let policy = ["--wasm-proc-macro-policy", "../policy.toml"];
    let usual = ["library.rs", "--wasm-proc-macro", "../asking.wasm"];
    let mut rustc = lab.rustc();
    rustc.current_dir(lab.join("package")).args(["--crate-type=lib"]).args(policy).args(usual).outcome().success();
    let rustdoc = || {
        let mut rustdoc = Command::new(Toolchain::get().rustc_path().with_file_name("rustdoc"));
        for (name, value) in clean_environment() {
            match value {
                Some(value) => rustdoc.env(name, value),
                None => rustdoc.env_remove(name),
            };
        }
        rustdoc.current_dir(lab.join("package")).args(["--edition", "2024"]).args(usual).cache(&lab.join("cache"));
        rustdoc
    };
    rustdoc().args(policy).args(["--out-dir", "doc"]).outcome().success();
    rustdoc().args(["--out-dir", "doc"]).outcome().errors().says("was refused reading");
    let test = ["--test", "-L", ".", "--extern", "library=liblibrary.rlib"];
    let outcome = rustdoc().args(policy).args(test).outcome().success();
    assert!(outcome.stdout.contains("1 passed"), "{outcome}");
    let outcome = rustdoc().args(test).outcome();
    let said = [&*outcome.stdout, &outcome.stderr].concat();
    assert!(outcome.code != Some(0) && said.contains("was refused reading"), "{outcome}");
}

/// Native macros are nobody's to grant anything to.
#[test]
fn a_policy_means_nothing_to_native_macros() {
    let lab = lab();
    let native = Artifacts::get().macros("asking", Form::Native).unwrap();
    lab.write("package/main.rs", "fn main() { _ = asking::files!(\"../secret.txt\"); }");
    let policy = lab.write("policy.toml", "[permissions.asking]\nread = []\n");
    let mut rustc = rustc(&lab);
    rustc.arg("--wasm-proc-macro-policy").arg(policy).arg("--extern").arg(format!("asking={}", native.display()));
    rustc.outcome().success();
}
