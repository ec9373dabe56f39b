//! The module store of the Cargo command, which is a program: it is called on a store with any content.

use std::fs;
use std::path::Path;
use std::process::Command;

use arbitrary::{Result, Unstructured};

/// The program. Without it nothing is called, for a call takes some milliseconds.
const PROGRAM: &str = "FUZZ_COMMAND";

const KEY: &str = "00000000000000000000000000000000000000000000000000000000000000aa";

/// What every store begins with.
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# This is the module store of cargo-wasm-proc-macro.\n";

/// Contents of files, before they are changed.
const META: &str =
    r#"{"package":"p","name":"a","version":"1.0.0","features":["f"],"sha256":"00","size":1,"created":9}"#;
const NOTE: &str = r#"{"name":"a","version":"1.0.0","reason":"r","message":"m"}"#;
const SOURCES: &str = r#"{"files":["/a"],"variables":[],"modules":["00"]}"#;

/// Files of a store, and of others.
const FILES: [(&str, &str); 12] = [
    ("modules/KEY/meta.json", META),
    ("modules/KEY/module.wasm", "\0asm"),
    ("modules/KEY/notes.txt", ""),
    ("modules/other/meta.json", META),
    ("modules/notes.txt", ""),
    ("sources/KEY.json", SOURCES),
    ("failures/KEY.json", NOTE),
    ("compilers/KEY", KEY),
    ("locks/KEY", ""),
    ("tmp/run-1/module.wasm", ""),
    ("tmp/notes.txt", ""),
    ("home.txt", ""),
];

const CALLS: [&[&str]; 5] = [
    &["store", "list"],
    &["store", "list", "--json"],
    &["store", "gc"],
    &["store", "gc", "--max-age", "0", "--max-size", "0"],
    &["store", "clear"],
];

/// Calls the command on a store of any content: it does what it can, or says what is wrong, and leaves others' files alone.
pub(super) fn run(place: &Path, input: &mut Unstructured<'_>) -> Result<bool> {
    let Some(program) = std::env::var_os(PROGRAM) else { return Ok(false) };
    let dir = place.join("command");
    _ = fs::remove_dir_all(&dir);
    let has_tag = input.ratio(3, 4)?;
    if has_tag {
        write(&dir.join("CACHEDIR.TAG"), TAG.as_bytes());
    }
    let chosen: u16 = input.arbitrary()?;
    for (number, (name, content)) in FILES.into_iter().enumerate() {
        if chosen & 1 << number != 0 {
            write(&dir.join(name.replace("KEY", KEY)), &changed(content, input)?);
        }
    }
    let call = *input.choose(&CALLS)?;
    let output = Command::new(program).args(call).env("WASM_PROC_MACRO_STORE", &dir).output().expect("the program");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // An error's exit code is Cargo's, which is a panic's as well.
    assert!(matches!(output.status.code(), Some(0 | 101)), "{call:?} ended with {}: {said}", output.status);
    assert!(!said.contains("panicked at"), "{said}");
    for (number, (name, _)) in FILES.into_iter().enumerate() {
        // What the collector may take is what the store has made.
        let is_others = !has_tag || name == "home.txt" || name == "tmp/notes.txt";
        let is_there = dir.join(name.replace("KEY", KEY)).exists();
        assert!(is_there || !is_others || chosen & 1 << number == 0, "{call:?} has removed `{name}`: {said}");
    }
    Ok(true)
}

/// A text with some bytes of it changed, now and then.
fn changed(text: &str, input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut bytes = text.as_bytes().to_vec();
    // Mostly none. At its end an input has nothing but the least number.
    for _ in 0..input.int_in_range(0..=8u8)?.saturating_sub(5) {
        let at = input.int_in_range(0..=bytes.len())?;
        match input.int_in_range(0..=2)? {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, input.arbitrary()?),
            _ if at < bytes.len() => bytes[at] = input.arbitrary()?,
            _ => {}
        }
    }
    Ok(bytes)
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("it has a directory")).expect("a directory");
    fs::write(path, bytes).expect("a file");
}
