//! A macro that wants what nobody has granted to it, by every way that there is. What it gets it puts where the test looks:
//! into the program, on the terminal and into dep-info.
//@ rustc-env: RUSTC_BOOTSTRAP=1
#![feature(proc_macro_expand, proc_macro_span, proc_macro_tracked_env, proc_macro_tracked_path, proc_macro_diagnostic)]
#![allow(unused_must_use, internal_features)]

extern crate proc_macro;

use std::ffi::{CStr, c_char};
use std::fs;
use std::io::Read as _;
use std::path::Path;

use proc_macro::{Diagnostic, Level, Span, TokenStream, TokenTree};

/// How every planted secret begins. Split, so that it is not found in this module itself.
fn mark() -> String {
    ["PLAN", "TED_"].concat()
}

/// `steal!("way", "what")`
#[proc_macro]
pub fn steal(input: TokenStream) -> TokenStream {
    let words: Vec<String> = input.into_iter().filter_map(word).collect();
    let [way, what] = &words[..] else { panic!("two words") };
    if let Some(output) = by_output(way, what) {
        return output.parse().unwrap();
    }
    show(&booty(way, what).unwrap_or_default());
    show(&own_memory());
    TokenStream::new()
}

/// Takes whatever was opened for the output of an earlier expansion out of the compiler's source map.
#[proc_macro]
pub fn scan(input: TokenStream) -> TokenStream {
    let spans: Vec<Span> = input.into_iter().map(|tree| tree.span()).collect();
    let (first, last) = (spans[0].source(), spans[spans.len() - 1]);
    let ends = [first, last, Span::call_site(), Span::mixed_site(), Span::call_site().source()];
    for (open, close) in ends.iter().flat_map(|open| ends.iter().map(move |close| (*open, *close))) {
        let wide = [raw::group_span(open, close), open.join(close)];
        for span in wide.into_iter().flatten() {
            show(&span.source_text().unwrap_or_default());
            show(&format!("{span:?} {:?}", span.local_file()));
            for at in (0..1 << 16).step_by(64) {
                if let Some(part) = raw::subspan(span, at, at + 96) {
                    show(&part.source_text().unwrap_or_default());
                }
            }
            Diagnostic::spanned(vec![span], Level::Warning, "look at this").emit();
        }
    }
    TokenStream::new()
}

/// Keeps a secret in memory, for another macro to look for.
#[proc_macro]
pub fn keep(input: TokenStream) -> TokenStream {
    static KEPT: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
    KEPT.lock().unwrap().push(input.to_string());
    TokenStream::new()
}

fn word(tree: TokenTree) -> Option<String> {
    Some(tree.to_string().strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// Everything that looks like a secret goes out by every door.
fn show(text: &str) {
    for part in text.split(&mark()).skip(1) {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
        let found = format!("{}{}", mark(), &part[..end]);
        println!("{found}");
        eprintln!("{found}");
        proc_macro::tracked::path(&found);
        fs::write("booty", &found);
        Diagnostic::new(Level::Warning, found).emit();
    }
}

/// The ways by which the macro itself gets at something.
fn booty(way: &str, what: &str) -> Option<String> {
    let text = |result: std::io::Result<String>| result.ok();
    match way {
        "read" => text(fs::read_to_string(what)),
        "open" => {
            let mut text = String::new();
            fs::File::open(what).ok()?.read_to_string(&mut text).ok()?;
            Some(text)
        }
        "list" => Some(fs::read_dir(Path::new(what).parent()?).ok()?.map(|entry| format!("{entry:?}\n")).collect()),
        "around" => text(fs::read_to_string(format!("src/../../{}", below(what, 2)))),
        "link" => {
            symlink(what, "made-link");
            text(fs::read_to_string("made-link"))
        }
        "hard-link" => {
            fs::hard_link(what, "made-hard-link");
            text(fs::read_to_string("made-hard-link"))
        }
        "copy" => {
            fs::copy(what, "made-copy");
            fs::rename(what, "made-move");
            text(fs::read_to_string("made-copy").or_else(|_| fs::read_to_string("made-move")))
        }
        "process-cwd" => text(fs::read_to_string(format!("/proc/self/cwd/../{}", below(what, 2)))),
        "process-root" => text(fs::read_to_string(format!("/proc/self/root{what}"))),
        "thread-root" => text(fs::read_to_string(format!("/proc/thread-self/root/{what}"))),
        "descriptors" => Some((0..64).filter_map(|fd| fs::read_to_string(format!("/proc/self/fd/{fd}")).ok()).collect()),
        "slashes" => text(fs::read_to_string(what.replace('/', "//./"))),
        "canonical" => Some(format!("{:?} {:?}", fs::canonicalize(what), fs::read_link(what))),
        "expand-str" => expand(&format!("include_str!({what:?})")),
        "expand-bytes" => expand(&format!("include_bytes!({what:?})")),
        "expand-include" => expand(&format!("include!({what:?})")),
        "expand-concat" => expand(&format!("concat!(\"\", include_str!({what:?}))")),
        "expand-path" => expand(&format!("{{ #[path = {what:?}] mod m; 1 }}")),
        "expand-doc" => expand(&format!("{{ #[doc = include_str!({what:?})] struct S; 1 }}")),
        "expand-twice" => expand(&format!("thief::steal!(\"output-str-literal\", {what:?})")),

        "var" => std::env::var(what).ok(),
        "vars" => Some(std::env::vars().map(|(name, value)| format!("{name}={value}\n")).collect()),
        "getenv" => {
            unsafe extern "C" {
                fn getenv(name: *const c_char) -> *const c_char;
            }
            let name = std::ffi::CString::new(what).unwrap();
            // SAFETY: both are strings of C's.
            let value = unsafe { getenv(name.as_ptr()) };
            // SAFETY: it is not null.
            (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) }.to_string_lossy().into_owned())
        }
        "tracked" => proc_macro::tracked::env_var(what).ok(),
        "expand-env" => expand(&format!("env!({what:?})")),
        "expand-option-env" => expand(&format!("concat!(\"\", env!({what:?}))")),
        "environ" => text(fs::read("/proc/self/environ").map(|bytes| String::from_utf8_lossy(&bytes).into_owned())),
        "parent-environ" => {
            text(fs::read("/proc/self/../1/environ").map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
        }
        "command-line" => text(fs::read("/proc/self/cmdline").map(|bytes| String::from_utf8_lossy(&bytes).into_owned())),
        "arguments" => Some(std::env::args().collect()),
        "input" => text(std::io::read_to_string(std::io::stdin())),
        "program" => {
            let output = std::process::Command::new("/bin/sh").arg("-c").arg(what).output().ok()?;
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        "network" => {
            let mut text = String::new();
            std::net::TcpStream::connect(what).ok()?.read_to_string(&mut text).ok()?;
            Some(text)
        }
        "memory" => Some(raw::beyond()),
        _ => panic!("no such way: {way}"),
    }
}

/// The ways by which the macro's output gets at something, now or when a later expansion looks.
fn by_output(way: &str, what: &str) -> Option<String> {
    Some(match way {
        "output-str" => format!("pub const BOOTY: &str = include_str!({what:?});"),
        "output-str-literal" => format!("include_str!({what:?})"),
        "output-bytes" => format!("pub const BOOTY: &[u8] = include_bytes!({what:?});"),
        "output-include" => format!("pub const BOOTY: &str = include!({what:?});"),
        "output-path" => format!("#[path = {what:?}] pub mod m;"),
        "output-doc" => format!("#[doc = include_str!({what:?})] pub struct Booty;"),
        "output-concat" => format!("pub const BOOTY: &str = concat!(\"a\", include_str!({what:?}));"),
        "output-rules" => format!(
            "macro_rules! get {{ ($p:literal) => {{ pub const BOOTY: &str = include_str!($p); }} }} get!({what:?});"
        ),
        "output-assembly" => {
            let directive = format!(".incbin {what:?}");
            format!("::core::arch::global_asm!(\".section .rodata.booty, \\\"a\\\"\", {directive:?}, \".text\");")
        }
        "output-visualizer" => format!("#[debugger_visualizer(gdb_script_file = {what:?})] pub mod m {{}}"),
        "output-env" => format!("pub const BOOTY: &str = env!({what:?});"),
        "output-option-env" => format!("pub const BOOTY: Option<&str> = option_env!({what:?});"),
        "then-scan" => format!("const _: &str = include_str!({what:?}); thief::scan!(a b);"),
        "then-scan-twice" => format!("const _: &str = include_str!({what:?}); thief::scan!(a b); thief::scan!(a b);"),
        _ => return None,
    })
}

fn expand(text: &str) -> Option<String> {
    let expanded = text.parse::<TokenStream>().ok()?.expand_expr();
    Some(expanded.map_or_else(|error| format!("{error:?}"), |tokens| tokens.to_string()))
}

#[cfg(target_family = "wasm")]
fn symlink(target: &str, link: &str) {
    unsafe extern "C" {
        fn symlink(target: *const c_char, link: *const c_char) -> i32;
    }
    let [target, link] = [target, link].map(|text| std::ffi::CString::new(text).unwrap());
    // SAFETY: both are strings of C's.
    unsafe { symlink(target.as_ptr(), link.as_ptr()) };
}

#[cfg(not(target_family = "wasm"))]
fn symlink(target: &str, link: &str) {
    std::os::unix::fs::symlink(target, link);
}

/// The last components of a path.
fn below(path: &str, count: usize) -> String {
    let parts: Vec<&str> = path.rsplitn(count + 1, '/').take(count).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

/// Secrets that have got into this guest's memory, whoever put them there.
#[cfg(target_family = "wasm")]
fn own_memory() -> String {
    let len = core::arch::wasm32::memory_size(0) << 16;
    // SAFETY: all of the memory is readable; the first byte is left out for being null.
    let bytes = unsafe { std::slice::from_raw_parts(std::ptr::without_provenance::<u8>(1), len - 1) };
    let mark = mark();
    let found = bytes.windows(mark.len() + 8).filter(|window| window.starts_with(mark.as_bytes()));
    found.map(|window| format!("{}\n", String::from_utf8_lossy(window))).collect()
}

#[cfg(not(target_family = "wasm"))]
fn own_memory() -> String {
    String::new()
}

/// Requests that `proc_macro` does not make.
mod raw {
    use super::*;

    #[cfg(target_family = "wasm")]
    #[link(wasm_import_module = "rustc_proc_macro")]
    unsafe extern "C" {
        #[link_name = "dispatch"]
        fn dispatch(ptr: *mut u8, len: usize, cap: usize) -> usize;
        #[link_name = "take"]
        fn take(ptr: *mut u8);
    }

    #[cfg(target_family = "wasm")]
    fn ask(request: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0; request.len().max(4096)];
        buffer[..request.len()].copy_from_slice(request);
        // SAFETY: the buffer has that capacity.
        let len = unsafe { dispatch(buffer.as_mut_ptr(), request.len(), buffer.len()) };
        if len > buffer.len() {
            buffer.resize(len, 0);
            // SAFETY: the pending reply has that length.
            unsafe { take(buffer.as_mut_ptr()) };
        }
        buffer.truncate(len);
        buffer
    }

    fn handle(span: Span) -> [u8; 4] {
        // SAFETY: a span is a number of the bridge's.
        unsafe { std::mem::transmute(span) }
    }

    #[cfg(target_family = "wasm")]
    fn span_behind(reply: &[u8], tags: usize) -> Option<u32> {
        let (tags, handle) = reply.split_at_checked(tags)?;
        tags.iter().all(|tag| *tag == 0).then_some(u32::from_le_bytes(handle.get(..4)?.try_into().ok()?))
    }

    /// The span of a group whose delimiters stand at two places.
    #[cfg(target_family = "wasm")]
    pub fn group_span(open: Span, close: Span) -> Option<Span> {
        const FROM_TOKEN_TREE: u8 = 11;
        let request = [&[FROM_TOKEN_TREE, 0, 0, 1], &handle(open)[..], &handle(close)[..], &handle(open)[..]].concat();
        let stream = span_behind(&ask(&request), 1)?;
        // SAFETY: a token stream is a number of the bridge's.
        let stream = unsafe { std::mem::transmute::<u32, TokenStream>(stream) };
        Some(stream.into_iter().next()?.span())
    }

    #[cfg(not(target_family = "wasm"))]
    pub fn group_span(_: Span, _: Span) -> Option<Span> {
        None
    }

    /// A part of a span, by bytes.
    #[cfg(target_family = "wasm")]
    pub fn subspan(span: Span, start: u64, end: u64) -> Option<Span> {
        const SUBSPAN: u8 = 26;
        let mut request = vec![SUBSPAN];
        request.extend(handle(span));
        for (bound, end) in [(0, start), (1, end)] {
            request.push(bound);
            request.extend(end.to_le_bytes());
        }
        // SAFETY: a span is a number of the bridge's.
        Some(unsafe { std::mem::transmute::<u32, Span>(span_behind(&ask(&request), 2)?) })
    }

    #[cfg(not(target_family = "wasm"))]
    pub fn subspan(span: Span, _: u64, _: u64) -> Option<Span> {
        _ = handle(span);
        None
    }

    /// What the host copies when it is asked for more than there is.
    #[cfg(target_family = "wasm")]
    pub fn beyond() -> String {
        let mut seen = String::new();
        for method in 0..40u8 {
            // No request, so that the reply says what it was; of the longest kind that can be answered.
            let reply = ask(&[&[method][..], &[0; 32]].concat());
            seen.push_str(&String::from_utf8_lossy(&reply));
        }
        seen
    }

    #[cfg(not(target_family = "wasm"))]
    pub fn beyond() -> String {
        String::new()
    }
}
