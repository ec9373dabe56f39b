//! The same macro crates in rust-analyzer's server of macros: it must not be able to tell either.
//!
//! All of each reply is compared: the tokens with their spans in both of the server's modes, or what went wrong.

// The libraries are for users of the macros.
#[allow(dead_code)]
#[path = "../crates/build/mod.rs"]
mod build;

use std::collections::BTreeSet;
use std::path::Path;

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

#[test]
fn replies_are_the_same_for_modules_and_native_libraries() {
    let builds = Builds::get().unwrap_or_else(|error| panic!("{error}"));
    let (mut expanded, mut refused, mut different, mut known) = (0, 0, Vec::new(), BTreeSet::new());
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let variables = [("CARGO_MANIFEST_DIR", dir.to_str().unwrap()), ("CARGO_PKG_NAME", "user")];
    for spans in [Spans::Ids, Spans::Places] {
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
                for (input, attribute) in inputs.iter().flat_map(|input| arguments.iter().map(move |&it| (*input, it)))
                {
                    let call = |library| Call {
                        attribute,
                        variables: &variables,
                        dir: Some(dir),
                        ..Call::new(library, called, input)
                    };
                    let (natively, here) = (server.reply(&call(native)), server.reply(&call(module)));
                    if natively != here && DIFFERENT.contains(&(name, called)) {
                        known.insert((name, called.clone()));
                    } else if natively != here {
                        different.push(format!("{called} of {name} on `{input}`: {natively:?}\n{here:?}"));
                    }
                    *if natively.is_ok() { &mut expanded } else { &mut refused } += 1;
                }
            }
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    assert_eq!(known.len(), DIFFERENT.len(), "a difference is not needed any more: {known:?}");
    println!("{expanded} expanded, {refused} refused");
    assert!(expanded > 500 && refused > 50, "{expanded} expanded, {refused} refused");
}
