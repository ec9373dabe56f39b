//! What the user grants: files that say it, lines that are proposed for them, and the form in which it crosses the border.

use std::fs;
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use rustc_wasm_proc_macro_api::policy::{Grants, Policy, Wanted};
use tempfile::TempDir;

use crate::place;

/// Lines of a policy file.
const LINES: [&str; 26] = [
    "[permissions.guest]",
    "[permissions.other]",
    "[permissions.\"a-b\"]",
    "[permissions]",
    "[build]",
    "[[package]]",
    "read = [\"dir\", \"/\", \"../x\"]",
    "read = [\"/absolute\"]",
    "read = \"dir\"",
    "env = [\"A\", \"SQLX_*\"]",
    "env = [\"*\", \"A*B\", \"\"]",
    "time = \"2min\"",
    "time = \"0s\"",
    "time = \"99999999999999999h\"",
    "memory = \"2GiB\"",
    "memory = \"2\"",
    "native = true",
    "variables = [\"CARGO\", \"OUT_DIR\", \"CARGO\"]",
    "package-manifest = \"/ws/member/Cargo.toml\"",
    "workspace-manifest = \"Cargo.toml\"",
    "id = \"registry+x#guest@0.1.0\"",
    "name = \"guest\"",
    "version = \"0.1.0\"",
    "modules = [\"0000000000000000000000000000000000000000000000000000000000000000\"]",
    "modules = [\"00\"]",
    "unknown = 1",
];

/// Runs the target. The first byte says what the others are about.
pub fn run(data: &[u8]) -> bool {
    let mut input = Unstructured::new(data);
    let ran = match input.int_in_range(0..=4) {
        Ok(0) => input.bytes(input.len()).map(read),
        Ok(1 | 2) => lines(&mut input),
        Ok(3) => input.bytes(input.len()).map(border),
        _ => wanted(&mut input),
    };
    ran.is_ok()
}

fn parse(text: &[u8]) -> std::result::Result<Policy, String> {
    thread_local! {
        static DIR: TempDir = place::directory("policy");
    }
    DIR.with(|dir| {
        let path = dir.path().join("policy.toml");
        fs::write(&path, text).expect("a file");
        Policy::read(&path)
    })
}

/// A file of any bytes.
fn read(text: &[u8]) {
    match parse(text) {
        Ok(policy) => {
            for name in ["guest", "other"] {
                border(&policy.grants(&[0; 32], name, "0.1.0").encode());
            }
        }
        Err(message) => assert!(!message.contains(char::is_control), "{message:?}"),
    }
}

/// A file of lines that mean something, in any order.
fn lines(input: &mut Unstructured<'_>) -> Result<()> {
    let mut text = Vec::new();
    for _ in 0..input.int_in_range(1..=14)? {
        let line = input.choose(&LINES)?.as_bytes();
        text.extend_from_slice(line);
        if input.ratio(1, 16)? {
            let at = input.int_in_range(0..=text.len() - 1)?;
            text[at] = input.arbitrary()?;
        }
        text.push(b'\n');
    }
    read(&text);
    Ok(())
}

/// Whatever crosses the border is nothing, or says the same on the other side.
fn border(bytes: &[u8]) {
    if let Some(grants) = Grants::decode(bytes) {
        assert_eq!(grants.encode(), bytes);
        _ = grants.environment();
        _ = (grants.time(), grants.memory(), grants.memory_of_all(), grants.package());
        _ = grants.readable().allows("/etc/passwd".as_ref());
    }
}

/// Whatever is refused is named in one line, and the line that is proposed for it is accepted and grants it.
fn wanted(input: &mut Unstructured<'_>) -> Result<()> {
    let (kind, what) = (input.int_in_range(0..=12)?, input.bytes(input.len())?);
    let wanted = Wanted::decode(kind, what);
    let (kind, bytes) = wanted.encode();
    assert_eq!(Wanted::decode(kind, &bytes), wanted);
    let shown = wanted.to_string();
    assert!(!shown.contains(char::is_control), "{shown:?}");
    // No limit is nothing at all.
    if matches!(wanted, Wanted::Time(Duration::ZERO) | Wanted::Memory(0)) {
        return Ok(());
    }
    let Some(line) = wanted.grant() else { return Ok(()) };
    assert!(!line.contains(char::is_control), "{line:?}");
    let policy = parse(format!("[permissions.guest]\n{line}\n").as_bytes());
    let policy = policy.unwrap_or_else(|error| panic!("{wanted:?}: `{line}`: {error}"));
    let grants = policy.grants(&[0; 32], "guest", "0.1.0");
    match &wanted {
        Wanted::Variable(name) if line.starts_with("env") => assert!(grants.variable(name), "{line}"),
        Wanted::Read(path) | Wanted::List(path) if line.starts_with("read") && path.is_absolute() => {
            // `..` is resolved by what is there.
            let is_plain = !path.components().any(|component| component.as_os_str() == "..");
            assert!(!is_plain || path.parent().is_none() || grants.readable().allows(path), "{line}");
        }
        _ => {}
    }
    Ok(())
}
