//! What macros named and did not get: collected while they expand, and made into the errors of their expansions. The user is
//! told by an error with the line that grants it, and a tool by a line in a file.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::Mutex;

use rustc_data_structures::fx::{FxBuildHasher, FxHashSet, FxIndexSet};
use rustc_proc_macro::bridge::server::Refusal;
use rustc_wasm_proc_macro_api::CallError;
use rustc_wasm_proc_macro_api::policy::{Wanted, escaped};

use crate::asking::Asking;
use crate::{lock, surroundings};

/// The environment variable with the file to which each refusal is appended.
const REFUSALS: &str = "RUSTC_WASM_PROC_MACRO_REFUSALS";

/// How many different refusals a process remembers, and appends to that file.
const MOST: usize = 256;

/// How many refusals of one expansion are errors of their own.
const MOST_ERRORS: usize = 8;

/// How many bytes of a name a refusal keeps. No path that a system opens is longer.
const MOST_BYTES: usize = 4096;

/// What one expansion was refused.
#[derive(Default)]
pub(super) struct Refused {
    things: FxIndexSet<Wanted>,
    /// How often it was refused something when there were too many already.
    more: u64,
}

thread_local! {
    /// The expansions that this thread is in, the innermost one last.
    static EXPANSIONS: RefCell<Vec<Refused>> = const { RefCell::new(Vec::new()) };
}

/// Runs an expansion, and returns what it was refused as well.
pub(super) fn collecting<R>(run: impl FnOnce() -> R) -> (R, Refused) {
    struct Expansion;
    impl Drop for Expansion {
        fn drop(&mut self) {
            // Here only after a panic of the compiler, whose expansion is of no interest.
            EXPANSIONS.with_borrow_mut(|expansions| _ = expansions.pop());
        }
    }
    EXPANSIONS.with_borrow_mut(|expansions| expansions.push(Refused::default()));
    let expansion = Expansion;
    let result = run();
    std::mem::forget(expansion);
    (result, EXPANSIONS.with_borrow_mut(|expansions| expansions.pop().unwrap_or_default()))
}

/// Notes that the macro of the innermost expansion is refused something.
pub(super) fn note(asking: &Asking<'_>, wanted: Wanted) {
    let wanted = bounded(wanted);
    write_down(asking, &wanted);
    EXPANSIONS.with_borrow_mut(|expansions| {
        if let Some(refused) = expansions.last_mut()
            && !refused.things.contains(&wanted)
        {
            if refused.things.len() < MOST {
                refused.things.insert(wanted);
            } else {
                refused.more = refused.more.saturating_add(1);
            }
        }
    });
}

/// That what the macro's output names is not to be had. There is no expansion any more that could end with it.
pub(super) fn refusal(asking: &Asking<'_>, wanted: Wanted) -> Refusal {
    let wanted = bounded(wanted);
    write_down(asking, &wanted);
    if is_new(asking, &wanted) { first(asking, &wanted) } else { again(asking, &wanted, 0) }
}

impl Refused {
    /// The errors that an expansion with this outcome ends with, whatever that is: none if nothing was refused.
    pub(super) fn errors(self, asking: &Asking<'_>, outcome: &Result<Vec<u8>, CallError>) -> Vec<Refusal> {
        let Refused { things, more } = self;
        let Some(some) = things.first() else { return Vec::new() };
        let is_limit = things.iter().any(|wanted| matches!(wanted, Wanted::Time(_) | Wanted::Memory(_)));
        let (mut errors, mut rest) = (Vec::new(), more);
        for wanted in things.iter().filter(|wanted| is_new(asking, wanted)) {
            if errors.len() < MOST_ERRORS {
                errors.push(first(asking, wanted));
            } else {
                rest += 1;
            }
        }
        if errors.is_empty() {
            return vec![again(asking, some, things.len() as u64 - 1 + more)];
        }
        if let Some(last) = errors.last_mut()
            && rest > 0
        {
            last.notes.push(format!("it was refused {rest} more {}", things_of(rest)));
        }
        // Where it reached a limit, that is what it was stopped for.
        let besides = match outcome {
            Ok(output) => panic_in(output).map(|message| format!("it also panicked: {message}")),
            Err(CallError::Panic(message)) => Some(format!("it also panicked: {message}")),
            Err(CallError::Fault(_)) if is_limit => None,
            Err(CallError::Fault(reason)) => Some(format!("it was also stopped: {reason}")),
        };
        errors[0].notes.splice(0..0, besides.as_deref().map(in_lines));
        errors
    }
}

/// Whether the user has not been told that this package was refused this.
fn is_new(asking: &Asking<'_>, wanted: &Wanted) -> bool {
    let Some(told) = asking.told() else { return true };
    let mut told = lock(told);
    let thing = (asking.digest().0, wanted.clone());
    if told.len() < MOST { told.insert(thing) } else { !told.contains(&thing) }
}

fn first(asking: &Asking<'_>, wanted: &Wanted) -> Refusal {
    Refusal { text: text(asking, wanted), notes: Vec::new(), help: help(asking, wanted) }
}

fn again(asking: &Asking<'_>, wanted: &Wanted, more: u64) -> Refusal {
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} other {}", things_of(more)),
    };
    let text = format!("{}{more} again", text(asking, wanted));
    Refusal { text, notes: Vec::new(), help: None }
}

fn things_of(number: u64) -> &'static str {
    if number == 1 { "thing" } else { "things" }
}

fn text(asking: &Asking<'_>, wanted: &Wanted) -> String {
    let (package, macro_name) = (asking.grants.package(), asking.name());
    let (name, version) = (escaped(package.name), escaped(package.version));
    format!("the procedural macro `{macro_name}` of `{name}` {version} was refused {wanted}")
}

/// The lines by which the user grants it, if there are some.
fn help(asking: &Asking<'_>, wanted: &Wanted) -> Option<String> {
    let package = asking.grants.package();
    let line = wanted.grant()?;
    if line.starts_with("native") && package.id.is_none() {
        return Some(
            "no permission grants this; only native code can do it: \
             without Cargo, compile the macro crate for the host and pass it by `--extern`"
                .to_owned(),
        );
    }
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name = match package.name.chars().all(is_bare) {
        true => package.name.to_owned(),
        false => format!("'{}'", escaped(package.name)),
    };
    Some(format!("to grant it, write in wasm-proc-macro.toml:\n[permissions.{name}]\n{line}"))
}

/// `text` of a macro or about it, with nothing but its lines.
fn in_lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

/// The message of a panic that the macro itself has caught and returned, in `proc_macro::bridge`'s serialization.
fn panic_in(output: &[u8]) -> Option<String> {
    // `Err`; then an `Option` of the message, a length of eight bytes and the text.
    match output.strip_prefix(&[1])? {
        [0, message @ ..] => {
            let (length, text) = message.split_first_chunk()?;
            let text = text.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
            Some(String::from_utf8_lossy(text).into_owned())
        }
        _ => Some("it gives no reason".to_owned()),
    }
}

/// The same with a name that is not longer than [`MOST_BYTES`].
fn bounded(wanted: Wanted) -> Wanted {
    let cut = |text: String| {
        let end = text.floor_char_boundary(MOST_BYTES);
        if end < text.len() { format!("{}…", &text[..end]) } else { text }
    };
    let is_long = |path: &std::path::Path| path.as_os_str().len() > MOST_BYTES;
    let path = |path: std::path::PathBuf| cut(path.to_string_lossy().into_owned()).into();
    match wanted {
        Wanted::Read(file) if is_long(&file) => Wanted::Read(path(file)),
        Wanted::List(dir) if is_long(&dir) => Wanted::List(path(dir)),
        Wanted::Write(file) if is_long(&file) => Wanted::Write(path(file)),
        Wanted::Variable(name) => Wanted::Variable(cut(name)),
        Wanted::Program(name) => Wanted::Program(cut(name)),
        Wanted::Socket(address) => Wanted::Socket(cut(address)),
        Wanted::Other(what) => Wanted::Other(cut(what)),
        wanted => wanted,
    }
}

/// Writes the refusal to the file of whoever asked for it, once.
fn write_down(asking: &Asking<'_>, wanted: &Wanted) {
    static WRITTEN: Mutex<FxHashSet<String>> = Mutex::new(FxHashSet::with_hasher(FxBuildHasher));
    let Some(file) = surroundings::variable(REFUSALS) else { return };
    let record = record(asking, wanted);
    let mut written = lock(&WRITTEN);
    if written.len() < MOST && written.insert(record.clone()) {
        append(&file, &record);
    }
}

/// Appends a line in one write, so that those of compilers running at once do not mix. Whoever asked
/// for the file sees that it is not there; the compilation has nothing to do with it.
fn append(file: &OsStr, line: &str) {
    _ = OpenOptions::new().append(true).create(true).open(file).and_then(|mut file| file.write_all(line.as_bytes()));
}

/// A refusal as a line of JSON.
fn record(asking: &Asking<'_>, wanted: &Wanted) -> String {
    let string = |text: &str| format!("\"{}\"", in_json(text));
    let or_null = |text: Option<&str>| text.map_or_else(|| "null".to_owned(), string);
    let abi = asking.abi();
    let fields = [
        ("package", or_null(asking.grants.package().id)),
        ("digest", string(&asking.digest().to_string())),
        ("crate", string(&abi.krate)),
        ("version", string(&abi.version)),
        ("macro", string(asking.name())),
        ("kind", string(wanted.kind())),
        ("what", string(&wanted.what())),
        ("refused", string(&wanted.to_string())),
        ("grant", or_null(wanted.grant().as_deref())),
    ];
    let fields = fields.map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}\n", fields.join(","))
}

/// `text` as it stands in a string of JSON (RFC 8259, section 7), control characters escaped.
fn in_json(text: &str) -> String {
    let mut json = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if c.is_control() => json.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json
}
