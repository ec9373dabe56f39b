//! What a macro says is shown by its letters: none of them is obeyed by the terminal.

use tests::{Artifacts, Form, Lab, RustcExt, artifacts::use_macros};

/// A title of the window, a cursor movement, the clipboard, the same in one character, and text that runs backwards.
const CODES: &str = r"\u{1b}]0;title\u{7}\u{1b}[2J\u{8}\r\u{9b}31m\u{90}\u{85}\u{202e}\u{2066}\u{7f}";

#[test]
fn control_characters_in_messages_are_seen_and_not_obeyed() {
    for form in [Form::Native, Form::Wasm] {
        let macros = Artifacts::get().macros("asking", form).unwrap();
        let lab = Lab::new();
        for (name, code) in [("say", 0), ("panic_with", 1)] {
            lab.write("main.rs", format!("fn main() {{ _ = asking::{name}!(\"first{CODES}\\nsecond\\tthird\"); }}"));
            for format in ["human", "short", "json"] {
                let mut rustc = lab.rustc();
                rustc.args(["main.rs", "--emit=metadata", "--error-format", format]);
                let outcome = rustc.args(use_macros(form, "asking", &macros)).outcome();
                assert_eq!(outcome.code, Some(code), "{outcome}");
                let is_obeyed =
                    |c: char| c.is_control() && c != '\n' && c != '\t' || ('\u{202a}'..='\u{202e}').contains(&c);
                let obeyed: Vec<char> = outcome.stderr.chars().filter(|&c| is_obeyed(c)).collect();
                assert!(obeyed.is_empty(), "{form:?} {name} {format}: {obeyed:?}\n{outcome}");
                assert!(format == "short" && code == 1 || outcome.stderr.contains("third"), "{outcome}");
            }
            // In JSON everything is escaped. What Cargo prints is in there as it would have been printed.
            let mut rustc = lab.rustc();
            rustc.args(["main.rs", "--emit=metadata", "--error-format=json"]);
            let outcome = rustc.args(use_macros(form, "asking", &macros)).outcome();
            for line in outcome.stderr.lines() {
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                let rendered = value["rendered"].as_str().unwrap_or_default();
                assert!(!rendered.contains(['\u{1b}', '\u{9b}', '\u{7}', '\r', '\u{202e}']), "{rendered:?}");
            }
        }
    }
}

/// A macro can forge neither an error of its refusals nor lines of their own in what is said of them.
#[test]
fn names_of_refused_things_are_escaped() {
    let lab = Lab::new();
    lab.module("asking", "asking");
    lab.write("main.rs", format!("fn main() {{ _ = asking::files!(\"/x{CODES}\\nerror: forged\"); }}"));
    let outcome =
        lab.rustc().args(["main.rs", "--emit=metadata", "--wasm-proc-macro", "asking.wasm"]).outcome().errors();
    assert!(outcome.error_lines().iter().all(|line| line.contains("was refused reading")), "{outcome}");
    assert!(!outcome.stderr.contains(['\u{1b}', '\u{9b}', '\u{7}', '\u{202e}']), "{outcome}");
}

/// Of all colors those of the layout are left: the name of a file may be a macro's own, where it comes with its package.
#[test]
fn names_of_files_are_seen_and_not_obeyed() {
    let lab = Lab::new();
    let module = lab.module_from(
        "naming",
        "extern crate proc_macro;
        #[proc_macro] pub fn module(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
            \"#[path = \\\"a\\\\u{1b}]0;title\\\\u{7}\\\\u{1b}[2J.rs\\\"] mod m;\".parse().unwrap()
        }",
    );
    lab.write("a\u{1b}]0;title\u{7}\u{1b}[2J.rs", "pub fn f() -> u8 { \"text\" }");
    lab.write("main.rs", "naming::module!();\nfn main() {}\n");
    for format in ["human", "short", "json"] {
        let mut rustc = lab.rustc();
        let colored = if format == "json" { "--json=diagnostic-rendered-ansi" } else { "--color=always" };
        rustc.args(["main.rs", "--emit=metadata", "--error-format", format, colored]).module(&module);
        let outcome = rustc.outcome();
        assert_eq!(outcome.code, Some(1), "{outcome}");
        let printed: Vec<String> = match format {
            "json" => {
                let value = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
                outcome.stderr.lines().filter_map(|line| value(line)["rendered"].as_str().map(str::to_owned)).collect()
            }
            _ => vec![outcome.stderr.clone()],
        };
        let printed = printed.concat();
        assert!(printed.contains("a␛]0;title␇␛[2J.rs") && printed.contains("\u{1b}["), "{format}: {printed:?}");
        assert!(
            !printed.contains(['\u{7}']) && !printed.contains("\u{1b}]0") && !printed.contains("[2J\u{1b}"),
            "{printed:?}"
        );
    }
}
