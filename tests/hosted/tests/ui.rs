//! The cases of `tests/ui` that need modules alone: diagnostics, exit code and crate metadata are those of the native compiler.

use std::fs;
use std::path::{Path, PathBuf};

use hosted_tests::{both, module};
use tests::Lab;
use tests::command::files;

/// The lines of a case that this test understands. A case with others is left to `tests/ui`.
const KNOWN: [&str; 5] = ["wasm", "run", "check-pass", "no-native", "edition"];

/// At least so many must have been compared.
const CASES: usize = 60;

/// The modules of a case, by name and crate. `None`: it needs more.
fn modules(text: &str) -> Option<Vec<(String, String)>> {
    let mut modules = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("//@")) {
        let (key, value) = line.trim().split_once(':').unwrap_or((line.trim(), ""));
        if !KNOWN.contains(&key) {
            return None;
        }
        if key == "wasm" {
            let value = value.trim();
            let (name, krate) = value.split_once('=').unwrap_or((value, value));
            let is_plain = krate.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.contains('-');
            is_plain.then(|| modules.push((name.to_owned(), krate.to_owned())))?;
        }
    }
    (!modules.is_empty()).then_some(modules)
}

#[test]
fn cases_have_the_same_outcome() {
    let ui = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../ui"));
    let is_case =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs") && !path.starts_with("auxiliary");
    let mut compared = 0;
    let mut differing = Vec::new();
    for case in files(ui).into_iter().filter(is_case) {
        let text = fs::read_to_string(ui.join(&case)).expect("it is in the repository");
        let Some(modules) = modules(&text) else { continue };
        let lab = Lab::new();
        lab.write("main.rs", text);
        let mut arguments = vec!["--emit=metadata".to_owned(), "main.rs".to_owned()];
        for (name, krate) in modules {
            module(&lab, &krate);
            arguments.extend(["--wasm-proc-macro".to_owned(), format!("{name}={krate}.wasm")]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let both = both(&lab, &arguments, Some("main.rmeta"));
        compared += 1;
        let same = (both.hosted.code, &both.hosted.stdout, &both.hosted.stderr)
            == (both.native.code, &both.native.stdout, &both.native.stderr);
        if !same || both.outputs[0] != both.outputs[1] {
            differing.push(format!("{}\n{}\n{}", case.display(), both.hosted, both.native));
        }
    }
    assert!(differing.is_empty(), "{} of {compared} differ\n{}", differing.len(), differing.join("\n\n"));
    assert!(compared >= CASES, "only {compared} cases");
}
