//! What a macro named and did not get is an error of its expansion, whatever it returns, with the line that grants it.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tests::{Lab, Outcome, RustcExt};

fn lab() -> Lab {
    let lab = Lab::new();
    lab.module("asking", "asking");
    lab.write("package/own.txt", "own");
    lab
}

fn compile(lab: &Lab, main: &str, record: Option<PathBuf>) -> Outcome {
    lab.write("package/main.rs", main);
    let mut rustc = lab.rustc();
    rustc.current_dir(lab.join("package")).args(["main.rs", "--emit=metadata"]).module(&lab.join("asking.wasm"));
    if let Some(record) = record {
        rustc.env("RUSTC_WASM_PROC_MACRO_REFUSALS", record);
    }
    rustc.outcome()
}

/// The macro has caught the error and returned a string, as it would natively. That must not become the program.
#[test]
fn what_the_macro_returned_is_thrown_away() {
    let lab = lab();
    let outcome = compile(&lab, "fn main() { _ = asking::files!(\"/no/such/file own.txt\"); }", None).one_error();
    let expected = "error: the procedural macro `files` of `asking` 0.0.0 was refused reading `/no/such/file`\n \
                    --> main.rs:1:17\n";
    let outcome = outcome.says(expected).says("to grant it, write in wasm-proc-macro.toml:\n");
    outcome.says("[permissions.asking]\n").says("read = [\"/no/such/file\"]");
}

#[test]
fn a_panic_besides_is_a_note() {
    let lab = lab();
    let outcome = compile(&lab, "fn main() { asking::files_and_panic!(\"/no/such/file\"); }", None).one_error();
    outcome.says("was refused reading `/no/such/file`").says("= note: it also panicked: \"[Err(");
}

/// Each thing that is refused is said in full once for a package; what else fails for it says so in a line.
#[test]
fn what_is_known_is_said_in_one_line() {
    let lab = lab();
    let main =
        "fn main() { _ = asking::files!(\"/a /b\"); _ = asking::files!(\"/b /a\"); _ = asking::files!(\"/b /c\"); }";
    let outcome = compile(&lab, main, None).errors();
    let said = |text: &str| format!("error: the procedural macro `files` of `asking` 0.0.0 was refused reading {text}");
    let expected = ["`/a`", "`/b`", "`/b` and 1 other thing again", "`/c`"].map(said);
    assert_eq!(outcome.error_lines(), expected, "{outcome}");
    assert_eq!(outcome.stderr.matches("to grant it").count(), 3, "{outcome}");
}

/// A macro can ask for as much as it likes. What people and tools get to see of it does not grow with that: after 257 things that are
/// not one, nobody counts any more.
#[test]
fn many_refusals_are_counted() {
    let lab = lab();
    let record = lab.join("refusals");
    let main = "fn main() { _ = asking::many_files!(\"20000\"); _ = asking::files!(\"/x\"); }";
    let outcome = compile(&lab, main, Some(record.clone())).errors().says("= note: it was refused 249 more things");
    assert_eq!(outcome.error_lines().len(), 9, "{outcome}");
    assert!(outcome.stderr.len() < 10_000, "{outcome}");
    assert_eq!(fs::read_to_string(record).unwrap().lines().count(), 256);
}

/// The record is for tools, which know a package by Cargo's id and the module's digest.
#[test]
fn refusals_are_written_down_for_tools() {
    let lab = lab();
    // As it stands in the source, which is what this macro reads; and as the path is.
    let (source, path) = (r#"/tmp/\"quoted\"\u{1b}ü\\"#, "/tmp/\"quoted\"\u{1b}ü\\");
    let main = format!(
        "fn main() {{ _ = asking::files!(\"{source}\"); _ = asking::files!(\"{source}\"); _ = asking::variables!(\"HOME\"); }}"
    );
    for record in [lab.join("refusals"), lab.join("refusals"), lab.join("no/such/directory"), "".into()] {
        compile(&lab, &main, Some(record)).errors();
    }
    let text = fs::read_to_string(lab.join("refusals")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[..2], lines[2..], "the second compilation appends what the first did");
    assert!(!text.contains('\u{1b}'), "{text}");
    let digest = lines[0]["digest"].as_str().unwrap();
    assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    let expected = |name: &str, kind: &str, what: &str, refused: &str, grant: &str| {
        json!({
            "package": null, "digest": digest, "crate": "asking", "version": "0.0.0", "macro": name,
            "kind": kind, "what": what, "refused": refused, "grant": grant,
        })
    };
    let home = expected("variables", "env", "HOME", "the environment variable `HOME`", "env = [\"HOME\"]");
    let file = expected(
        "files",
        "read",
        path,
        "reading `/tmp/\"quoted\"\\u{1b}ü\\`",
        r#"read = ["/tmp/\"quoted\"\U0000001Bü\\"]"#,
    );
    assert_eq!(lines[..2], [file, home], "{text}");
}
