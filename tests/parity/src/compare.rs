//! The comparison of one compilation with macros in both builds.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use similar::TextDiff;
use tests::{Form, Toolchain};

use crate::accepted::Accepted;
use crate::channels::{Said, listen};
use crate::invocation::Invocation;

/// No more lines of a diff are shown than these.
const SHOWN_LINES: usize = 80;

/// How long a diff may be searched for. What is found by then is shown.
const PATIENCE: Duration = Duration::from_secs(5);

/// Compiles with native macros and with macros from Wasm, and compares.
///
/// # Errors
///
/// If the two differ in anything that is not accepted, with the diff; or if either does not end as `user.ends` says.
pub fn compare(user: &Invocation) -> Result<(), String> {
    let [native, wasm] = both(user)?;
    let mut report = String::new();
    for (native, wasm) in native.iter().zip(&wasm) {
        report += &difference(native, wasm);
    }
    if native.len() != wasm.len() {
        let channels =
            |said: &[Said]| said.iter().map(|said| format!("{:?}: {}", said.channel, said.what)).collect::<Vec<_>>();
        report += &format!("native speaks on {:?}, Wasm on {:?}\n", channels(&native), channels(&wasm));
    }
    if report.is_empty() { Ok(()) } else { Err(report) }
}

/// What is said with native macros, and with macros from Wasm.
///
/// # Errors
///
/// If either compilation does not end as it is to end.
pub fn both(user: &Invocation) -> Result<[Vec<Said>; 2], String> {
    let labs = Toolchain::get().work().join("parity-labs");
    fs::create_dir_all(&labs).map_err(|error| format!("cannot make `{}`: {error}", labs.display()))?;
    // Both write to the same path, one after the other, so that not even its length differs.
    let lab = tempfile::tempdir_in(&labs).map_err(|error| format!("cannot make a temporary directory: {error}"))?;
    let out: PathBuf = lab.path().join("out");
    let mut said = Vec::new();
    for form in [Form::Native, Form::Wasm] {
        _ = fs::remove_dir_all(&out);
        fs::create_dir(&out).map_err(|error| format!("cannot make `{}`: {error}", out.display()))?;
        said.push(listen(user, form, &out).map_err(|error| format!("with {form:?} macros: {error}"))?);
    }
    let wasm = said.pop().expect("there are two");
    Ok([said.pop().expect("there are two"), wasm])
}

/// The difference on one channel as a text, empty if there is none.
fn difference(native: &Said, wasm: &Said) -> String {
    if native == wasm {
        return String::new();
    }
    let (native_text, wasm_text) = Accepted::get().without(native.channel, &native.text, &wasm.text);
    if native_text == wasm_text && (native.channel, native.what) == (wasm.channel, wasm.what) {
        return String::new();
    }
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&native_text, &wasm_text);
    let (from, to) = (format!("native: {}", native.what), format!("Wasm: {}", wasm.what));
    let unified = diff.unified_diff().context_radius(3).header(&from, &to).to_string();
    let mut shown: Vec<&str> = unified.lines().take(SHOWN_LINES).collect();
    let more = unified.lines().count() - shown.len();
    let rest = format!("(and {more} lines more)");
    if more > 0 {
        shown.push(&rest);
    }
    format!("{:?} differs:\n{}\n", native.channel, shown.join("\n"))
}
