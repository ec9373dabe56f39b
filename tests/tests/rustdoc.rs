//! rustdoc takes modules as rustc does, for pages and for doctests.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tests::artifacts::use_macros;
use tests::command::files;
use tests::toolchain::clean_environment;
use tests::{Artifacts, Form, Lab, RustcExt, Toolchain};

/// A library whose only function is documented by an example that uses the macro, too.
const LIBRARY: &str = "
/// The answer.
///
/// ```
/// assert_eq!(plain::plain!(), library::answer());
/// ```
pub fn answer() -> &'static str { plain::plain!() }
";

fn rustdoc(lab: &Lab) -> Command {
    let mut rustdoc = Command::new(Toolchain::get().rustc_path().with_file_name("rustdoc"));
    for (name, value) in clean_environment() {
        match value {
            Some(value) => rustdoc.env(name, value),
            None => rustdoc.env_remove(name),
        };
    }
    rustdoc.current_dir(lab.path()).args(["--edition", "2024", "library.rs"]).cache(&lab.join("cache"));
    rustdoc
}

fn library() -> Lab {
    let lab = Lab::new();
    lab.module("plain", "plain");
    lab.write("library.rs", LIBRARY);
    lab.rustc().args(["--crate-type=lib", "library.rs", "--wasm-proc-macro", "plain.wasm"]).outcome().success();
    lab
}

#[test]
fn pages_are_written_of_what_macros_make() {
    let lab = library();
    rustdoc(&lab).args(["--wasm-proc-macro", "plain.wasm", "--out-dir", "doc"]).outcome().success();
    assert!(lab.join("doc/library/fn.answer.html").exists());
    rustdoc(&lab).outcome().errors().says("plain");
}

/// The examples are compiled by rustc, which must get the options too.
#[test]
fn doctests_use_modules() {
    let lab = library();
    let mut test = rustdoc(&lab);
    test.args(["--test", "-L", ".", "--extern", "library=liblibrary.rlib"]);
    let outcome = test.args(["--wasm-proc-macro", "plain.wasm"]).outcome().success();
    assert!(outcome.stdout.contains("1 passed"), "{outcome}");
}

/// A macro is found under its other names, and a link to one that is documented elsewhere leads there.
#[test]
fn aliases_and_addresses_of_macros_are_those_of_their_crate() {
    let documentation = [Form::Native, Form::Wasm].map(|form| {
        let lab = Lab::new();
        lab.write(
            "library.rs",
            "#[doc(inline)] pub use documented::current;\n#[doc(no_inline)] pub use documented::Documented;",
        );
        let macros = Artifacts::get().macros("documented", form).unwrap();
        rustdoc(&lab).args(use_macros(form, "documented", &macros)).args(["--out-dir", "doc"]).outcome().success();
        let all = files(&lab.join("doc"));
        let read = |path: PathBuf| (fs::read(lab.join("doc").join(&path)).unwrap(), path);
        all.into_iter()
            .filter(|path| path.starts_with("search.index") || path.starts_with("library"))
            .map(read)
            .collect::<Vec<_>>()
    });
    let [native, wasm] = &documentation;
    assert!(
        native == wasm,
        "{:?}",
        native.iter().zip(wasm).filter(|(a, b)| a != b).map(|(a, _)| &a.1).collect::<Vec<_>>()
    );
    let contains = |text: &str| wasm.iter().any(|(bytes, _)| String::from_utf8_lossy(bytes).contains(text));
    for text in ["present_day", "two words", "https://documented.example/1.0/"] {
        assert!(contains(text), "{text}");
    }
}

/// What a library hands on is documented by the macro crate's own comments, and what that hides is hidden.
#[test]
fn documentation_of_macros_is_that_of_their_crate() {
    let pages = [Form::Native, Form::Wasm].map(|form| {
        let lab = Lab::new();
        lab.write("library.rs", "#![allow(deprecated)]\n#[doc(inline)] pub use documented::*;");
        let macros = Artifacts::get().macros("documented", form).unwrap();
        rustdoc(&lab).args(use_macros(form, "documented", &macros)).args(["--out-dir", "doc"]).outcome().success();
        let pages = files(&lab.join("doc/library"));
        pages
            .into_iter()
            .map(|page| (fs::read_to_string(lab.join("doc/library").join(&page)).unwrap(), page))
            .collect::<Vec<_>>()
    });
    let [native, wasm] = &pages;
    let names = |pages: &[(String, PathBuf)]| pages.iter().map(|(_, page)| page.clone()).collect::<Vec<_>>();
    assert_eq!(names(native), names(wasm));
    for ((native, page), (wasm, _)) in native.iter().zip(wasm) {
        assert_eq!(native, wasm, "{}", page.display());
    }
    let all: String = wasm.iter().map(|(text, _)| text.as_str()).collect();
    for text in ["Gives back what it gets.", "Derives nothing", "at all ü", "From an expression."] {
        assert!(all.contains(text), "{text} in {:?}", names(wasm));
    }
    assert!(!names(wasm).iter().any(|page| page.ends_with("attr.older.html")), "{:?}", names(wasm));
}
