//! The crates between macros and `proc_macro`: their older versions leave out for WebAssembly what macros need, unless the
//! compiler keeps from them what they decide by.

use std::collections::BTreeSet;
use std::process::Command;

use tests::{Form, Lab, RustcExt};

const NAMES: [&str; 4] = ["syn", "quote", "synstructure", "proc_macro2"];

fn cfg(lab: &Lab, target: &str, name: &str, arguments: &[&str]) -> BTreeSet<String> {
    let mut rustc = lab.rustc_with_default_cache();
    rustc.args(["--print", "cfg", "--target", target, "--crate-name", name]).args(arguments);
    rustc.outcome().success().stdout.lines().map(str::to_owned).collect()
}

const FEATURE: [&str; 2] = ["--cfg", "feature=\"proc-macro\""];

/// What `--print cfg` says more and less of a crate than of any other one.
fn difference(target: &str, name: &str, arguments: &[&str]) -> (Vec<String>, Vec<String>) {
    let lab = Lab::new();
    let (usual, own) = (cfg(&lab, target, "other", arguments), cfg(&lab, target, name, arguments));
    (own.difference(&usual).cloned().collect(), usual.difference(&own).cloned().collect())
}

#[test]
fn they_are_configured_as_if_for_a_system_without_a_name() {
    for target in [Form::Wasm, Form::Bare].map(|form| form.target().unwrap()) {
        let os = format!("target_os=\"{}\"", if target.ends_with("wasip1") { "wasi" } else { "unknown" });
        for name in ["syn", "quote", "synstructure"] {
            assert_eq!(difference(target, name, &FEATURE), (vec![], vec![os.clone()]), "{target} {name}");
        }
        let said = ["use_proc_macro", "wrap_proc_macro"].map(str::to_owned);
        assert_eq!(difference(target, "proc_macro2", &FEATURE), (said.to_vec(), vec![]), "{target}");
        // As its build script does on a stable compiler.
        let exempt = [FEATURE.as_slice(), &["--cfg", "procmacro2_semver_exempt"]].concat();
        assert_eq!(difference(target, "proc_macro2", &exempt), (said[..1].to_vec(), vec![]), "{target}");
    }
}

#[test]
fn nothing_else_is_configured_otherwise() {
    for name in NAMES {
        assert_eq!(difference("wasm32-wasip1", name, &[]), (vec![], vec![]), "without the feature: {name}");
        let other = ["--cfg", "feature=\"parsing\""];
        assert_eq!(difference("wasm32-wasip1", name, &other), (vec![], vec![]), "with another feature: {name}");
        let abort = [FEATURE.as_slice(), &["-C", "panic=abort"]].concat();
        assert_eq!(difference("wasm32-wasip1", name, &abort), (vec![], vec![]), "where panics abort: {name}");
        assert_eq!(difference("x86_64-unknown-linux-gnu", name, &FEATURE), (vec![], vec![]), "for the host: {name}");
    }
    for name in ["syn2", "proc_macro", "getrandom"] {
        assert_eq!(difference("wasm32-wasip1", name, &FEATURE), (vec![], vec![]), "{name}");
    }
}

/// How the four decide, with what they hide; `syn` is compiled by `rustc` alone, as a library of a macro crate.
#[test]
fn a_macro_crate_gets_what_they_hide() {
    let lab = Lab::new();
    let hidden = "all(not(all(target_arch = \"wasm32\", any(target_os = \"unknown\", target_os = \"wasi\"))), feature = \"proc-macro\")";
    lab.write(
        "syn.rs",
        format!(
            "#[cfg({hidden})] extern crate proc_macro;\n\
             #[cfg({hidden})] pub fn parse(stream: proc_macro::TokenStream) -> String {{ stream.to_string() }}\n"
        ),
    );
    lab.write(
        "macros.rs",
        "extern crate proc_macro;\n\
         #[proc_macro] pub fn text(input: proc_macro::TokenStream) -> proc_macro::TokenStream {\n\
         \x20   format!(\"{:?}\", syn::parse(input)).parse().unwrap()\n\
         }\n",
    );
    lab.write("main.rs", "fn main() { println!(\"{}\", macros::text!(a + b)); }");
    let rustc = |arguments: &[&str]| {
        lab.rustc().args(arguments).outcome().success();
    };
    for form in [Form::Wasm, Form::Bare] {
        let target = form.target().unwrap();
        rustc(&["syn.rs", "--crate-name=syn", "--crate-type=lib", "--target", target, FEATURE[0], FEATURE[1]]);
        rustc(&[
            "macros.rs",
            "--crate-type=proc-macro",
            "--target",
            target,
            "--extern",
            "syn=libsyn.rlib",
            "-o",
            "macros.wasm",
        ]);
        rustc(&["main.rs", "--wasm-proc-macro", "macros.wasm"]);
        assert_eq!(Command::new(lab.join("main")).outcome().success().stdout, "a + b\n");
    }
}
