//! Tells what the sandbox has refused a macro: the user by a warning, and a tool by a line in a file.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::Mutex;

use rustc_data_structures::fx::{FxBuildHasher, FxHashSet};
use rustc_middle::ty::tls;
use stubgen::module::Abi;

use super::{lock, options};

/// The environment variable with the file to which each refusal is appended.
const REFUSALS: &str = "RUSTC_WASM_PROC_MACRO_REFUSALS";

/// Warns that a macro did not get what it asked for, once for each such thing. It sees an error code
/// only, and what it makes of that need not say what it wanted.
pub(super) fn denied(abi: &Abi, macro_name: &str, what: &str) {
    static DENIED: Mutex<FxHashSet<String>> = Mutex::new(FxHashSet::with_hasher(FxBuildHasher));
    let record = record(abi, macro_name, what);
    if !lock(&DENIED).insert(record.clone()) {
        return;
    }
    if let Some(file) = options::variable(REFUSALS) {
        append(&file, &record);
    }
    tls::with_opt(|tcx| {
        if let Some(tcx) = tcx {
            tcx.dcx()
                .struct_warn(format!("the procedural macro `{macro_name}` was denied {what}"))
                .with_help("it may read files of the package and of `OUT_DIR` only")
                .emit();
        }
    });
}

/// Appends a line in one write, so that those of compilers running at once do not mix. Whoever asked
/// for the file sees that it is not there; the compilation has nothing to do with it.
fn append(file: &OsStr, line: &str) {
    _ = OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .and_then(|mut file| file.write_all(line.as_bytes()));
}

/// A refusal as a line of JSON.
fn record(abi: &Abi, macro_name: &str, refused: &str) -> String {
    let fields = [
        ("crate", &*abi.krate),
        ("version", &*abi.version),
        ("macro", macro_name),
        ("refused", refused),
    ];
    let fields = fields.map(|(name, value)| format!("\"{name}\":\"{}\"", escaped(value)));
    format!("{{{}}}\n", fields.join(","))
}

/// `text` as it stands in a string of JSON (RFC 8259, section 7).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            '\0'..='\x1f' => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => escaped.push(c),
        }
    }
    escaped
}
