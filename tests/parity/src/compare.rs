//! The comparison of one compilation with macros in both builds.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use similar::TextDiff;
use tempfile::TempDir;
use tests::{Form, Toolchain};

use crate::accepted::Accepted;
use crate::channels::{Said, listen, listen_until};
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
    equal(&native, &wasm)
}

/// Compares what was said with native macros and with macros from Wasm.
///
/// # Errors
///
/// If the two differ in anything that is not accepted, with the diff.
pub fn equal(native: &[Said], wasm: &[Said]) -> Result<(), String> {
    let mut report = String::new();
    for (native, wasm) in native.iter().zip(wasm) {
        report += &difference(native, wasm);
    }
    if native.len() != wasm.len() {
        let channels =
            |said: &[Said]| said.iter().map(|said| format!("{:?}: {}", said.channel, said.what)).collect::<Vec<_>>();
        report += &format!("native speaks on {:?}, Wasm on {:?}\n", channels(native), channels(wasm));
    }
    if report.is_empty() { Ok(()) } else { Err(report) }
}

/// What is said with native macros, and with macros from Wasm.
///
/// # Errors
///
/// If either compilation does not end as it is to end.
pub fn both(user: &Invocation) -> Result<[Vec<Said>; 2], String> {
    // Both write to the same path, one after the other, so that not even its length differs.
    let lab = lab()?;
    Ok([said(user, Form::Native, &lab)?, said(user, Form::Wasm, &lab)?])
}

/// What is said with native macros.
///
/// # Errors
///
/// If the compilation does not end as it is to end.
pub fn natively(user: &Invocation) -> Result<Vec<Said>, String> {
    said(user, Form::Native, &lab()?)
}

fn said(user: &Invocation, form: Form, lab: &TempDir) -> Result<Vec<Said>, String> {
    listen(user, form, &out(lab)?).map_err(|error| format!("with {form:?} macros: {error}"))
}

/// Whether it is seen from what is said with macros from Wasm that it is not what is said with native ones. Compiles only until then.
///
/// # Errors
///
/// If there is no directory to compile in.
pub fn is_told_apart(user: &Invocation, native: &[Said]) -> Result<bool, String> {
    let lab = lab()?;
    let differs = |said: &[Said]| {
        said.len() > native.len() || native.iter().zip(said).any(|(native, said)| differing(native, said).is_some())
    };
    // The directory is another than that of `native`, with a name of the same length.
    let said = listen_until(user, Form::Wasm, &out(&lab)?, differs);
    // That a compilation ends otherwise is a difference, too.
    Ok(said.is_err() || said.is_ok_and(|said| differs(&said) || said.len() < native.len()))
}

fn lab() -> Result<TempDir, String> {
    let labs = Toolchain::get().work().join("parity-labs");
    fs::create_dir_all(&labs).map_err(|error| format!("cannot make `{}`: {error}", labs.display()))?;
    tempfile::tempdir_in(&labs).map_err(|error| format!("cannot make a temporary directory: {error}"))
}

/// An empty directory in `lab`, always of the same name.
fn out(lab: &TempDir) -> Result<PathBuf, String> {
    let out = lab.path().join("out");
    _ = fs::remove_dir_all(&out);
    fs::create_dir(&out).map_err(|error| format!("cannot make `{}`: {error}", out.display()))?;
    Ok(out)
}

/// Both texts of one channel without what is accepted, if they differ.
fn differing(native: &Said, wasm: &Said) -> Option<(String, String)> {
    if native == wasm {
        return None;
    }
    let texts = Accepted::get().without(native.channel, &native.text, &wasm.text);
    let is_same = texts.0 == texts.1 && (native.channel, native.what) == (wasm.channel, wasm.what);
    (!is_same).then_some(texts)
}

/// The difference on one channel as a text, empty if there is none.
fn difference(native: &Said, wasm: &Said) -> String {
    let Some((native_text, wasm_text)) = differing(native, wasm) else { return String::new() };
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
