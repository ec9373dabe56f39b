//! The same macro crates in rust-analyzer's server of macros: it must not be able to tell either.
//!
//! All of each reply is compared: the tokens with their spans in both of the server's modes, or what went wrong.

// The libraries are for users of the macros.
#[allow(dead_code)]
#[path = "../crates/build/mod.rs"]
mod build;

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;

use analyzer_tests::server::Call;
use analyzer_tests::{Server, Spans};
use build::Builds;

/// What derives and attributes are given. Nearly every crate has an attribute here that means something to it, and refuses something.
const ITEMS: &[&str] = &[
    "pub struct Thing { pub number: u32, text: Option<String> }",
    "#[serde(rename_all = \"camelCase\", tag = \"kind\")] #[display(\"a {self:?}\")] pub enum Kind {
        #[error(\"no {0}\")] First(String), #[error(\"no {number}\")] #[serde(default)] Second { #[prost(uint64, tag = \"1\")] number: u64 },
        /// A word.
        #[error(\"nothing\")] Third }",
    "pub struct Pair<T>(#[from] pub T, #[pin] Vec<T>);",
    "#[command(name = \"many\")] struct Options { #[arg(long, default_value_t = 3)] #[getset(get = \"pub\")] count: u32 }",
    "pub trait Speaks { async fn speak(&self, word: &str) -> String; fn quiet(&self) {} }",
    "pub async fn run(number: u32) -> Result<u32, String> { let value = other(number).await?; Ok(value + 1) }",
    "union Both { a: u32, b: f32 }",
    "#[serde(no_such = \"word\")] struct Wrong { #[error] field: }",
];

/// What attributes are given in their brackets.
const ARGUMENTS: &[&str] = &["", "get, set", "flavor = \"current_thread\""];

/// What function-like macros are given.
const INPUTS: &[&str] = &[
    "",
    "a + b * (2 - c[1])",
    "\"text {} and {name}\", first, second",
    "\"one\" => 1, \"two\" => 2",
    "value = future() => { value + 1 } else => 0",
    "for await word in words { yield word; }",
    "\"no/such/directory\"",
];

/// Which macros reply otherwise, as crate and macro: this one names types in the order of a table whose hashes are as wide as the
/// macro's `usize` (`crates/users/derive_more/differs.rs`).
const DIFFERENT: &[(&str, &str)] = &[("derive_more_impl", "Eq")];

/// What came of all calls in one of the server's modes.
#[derive(Default)]
struct Replies {
    expanded: usize,
    refused: usize,
    /// What differs and should not.
    different: Vec<String>,
    /// What is in [`DIFFERENT`] and differs.
    known: BTreeSet<(String, String)>,
}

#[test]
fn replies_are_the_same_for_modules_and_native_libraries() {
    let builds = Builds::get().unwrap_or_else(|error| panic!("{error}"));
    let both = thread::scope(|scope| {
        let modes = [Spans::Ids, Spans::Places].map(|spans| scope.spawn(move || replies(builds, spans)));
        modes.map(|mode| mode.join().unwrap_or_else(|_| panic!("a mode has panicked")))
    });
    for replies in both {
        let (expanded, refused, different) = (replies.expanded, replies.refused, replies.different);
        assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
        assert_eq!(replies.known.len(), DIFFERENT.len(), "a difference is not needed any more: {:?}", replies.known);
        println!("{expanded} expanded, {refused} refused");
        assert!(expanded > 250 && refused > 25, "{expanded} expanded, {refused} refused");
    }
}

/// Has a server in that mode expand all macros of both builds.
fn replies(builds: &Builds, spans: Spans) -> Replies {
    let mut replies = Replies::default();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let variables = [("CARGO_MANIFEST_DIR", dir.to_str().unwrap()), ("CARGO_PKG_NAME", "user")];
    let mut server = Server::start(spans);
    for name in builds.macro_names() {
        let krate = builds.macros(name).unwrap();
        let (native, module) = (&krate.native, krate.wasm.as_ref().unwrap());
        let macros = server.macros(native).unwrap();
        assert_eq!(macros, server.macros(module).unwrap(), "{name}");
        for (called, kind) in &macros {
            let inputs = if kind == "FuncLike" { INPUTS } else { ITEMS };
            let arguments: Vec<_> =
                if kind == "Attr" { ARGUMENTS.iter().copied().map(Some).collect() } else { vec![None] };
            for (input, attribute) in inputs.iter().flat_map(|input| arguments.iter().map(move |&it| (*input, it))) {
                let call = |library| Call {
                    attribute,
                    variables: &variables,
                    dir: Some(dir),
                    ..Call::new(library, called, input)
                };
                let (natively, here) = (server.reply(&call(native)), server.reply(&call(module)));
                if natively != here && DIFFERENT.contains(&(name, called)) {
                    replies.known.insert((name.to_owned(), called.clone()));
                } else if natively != here {
                    replies.different.push(format!("{called} of {name} on `{input}`: {natively:?}\n{here:?}"));
                }
                *if natively.is_ok() { &mut replies.expanded } else { &mut replies.refused } += 1;
            }
        }
    }
    replies
}
