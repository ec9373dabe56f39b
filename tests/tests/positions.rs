//! Where macros stand in the source of their crate: a module says it, and need not say the truth.

use std::fs;
use std::process::Command;

use tests::wasm::{self, SPANS_SECTION, rewrite_text};
use tests::{Lab, Outcome, RustcExt};

/// Characters of several bytes before, in and after the line that diagnostics show.
const MACROS: &str = "// ÄÖÜ: ünïcödé
extern crate proc_macro;
use proc_macro::TokenStream;

/* ß */ #[proc_macro] pub fn speak(_: /* 🦀 */ TokenStream) -> TokenStream { TokenStream::new() } // ÿ
// €
";

/// A lab with the macro crate's source and its module.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("macros.rs", MACROS);
    let mut rustc = lab.rustc();
    rustc.args(["macros.rs", "--crate-type", "proc-macro", "--target", "wasm32-wasip1", "-o", "macros.wasm"]);
    rustc.outcome().success();
    lab
}

/// Compiles a program to whose error the definition of the macro belongs.
fn compile(lab: &Lab) -> Outcome {
    lab.write("main.rs", "#[macro_use] extern crate macros; speek!(); fn main() {}");
    lab.rustc().args(["main.rs", "--emit=metadata", "--wasm-proc-macro", "macros.wasm"]).outcome().one_error()
}

/// Gives the module another section, and compiles.
fn compile_with(lab: &Lab, change: impl Fn(&str) -> String) -> Outcome {
    let module = fs::read(lab.join("macros.wasm")).unwrap();
    lab.write("macros.wasm", rewrite_text(&module, SPANS_SECTION, change));
    compile(lab)
}

#[test]
fn the_line_of_the_definition_is_shown() {
    let lab = lab();
    compile(&lab).says("macros.rs:5:2").says("5 | /* ß */ #[proc_macro] pub fn speak(");
}

/// Without the source, or with another, only the position is said.
#[test]
fn a_source_that_is_another_is_not_shown() {
    let lab = lab();
    lab.write("macros.rs", MACROS.replace("ÄÖÜ", "ÜÖÄ"));
    let outcome = compile(&lab).says("macros.rs:5:2");
    assert!(!outcome.stderr.contains("pub fn speak("), "{outcome}");
    fs::remove_file(lab.join("macros.rs")).unwrap();
    let outcome = compile(&lab).says("macros.rs:5:2");
    assert!(!outcome.stderr.contains("pub fn speak("), "{outcome}");
}

/// The digest is right and the tables are not: were the text cut where they say, the compiler would crash.
#[test]
fn a_source_that_is_not_as_described_is_not_shown() {
    fn line<'a>(text: &'a str, key: &str) -> &'a str {
        text.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{key} in {text}"))
    }
    type Change = fn(&str) -> String;
    let changes: [(&str, Change); 6] = [
        ("no wide characters", |text| text.replace(&format!("{}\n", line(text, "wide=")), "")),
        ("lines that start within a character", |text| {
            let text = text.replace(&format!("{}\n", line(text, "wide=")), "");
            text.replace(line(&text, "lines="), "lines=4,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1")
        }),
        ("a shorter text", |text| {
            let text = text.replace(line(text, "length="), &format!("length={}", MACROS.len() - 6));
            // The last characters are beyond it.
            let wide = line(&text, "wide=").to_owned();
            let cut = wide.rsplitn(3, ',').last().unwrap().to_owned();
            let lines = line(&text, "lines=").rsplit_once(',').unwrap().0.to_owned();
            let text = text.replace(&wide, &cut).replace(line(&text, "lines="), &lines);
            without_crate_span(&text)
        }),
        ("a longer text", |text| text.replace(line(text, "length="), "length=100000")),
        ("lines beyond the text", |text| {
            let text = text.replace(line(text, "length="), "length=100000");
            text.replace(line(&text, "lines="), "lines=50000,1,1,1,1")
        }),
        ("other wide characters", |text| text.replace(line(text, "wide="), "wide=3:4,13:2,150:4")),
    ];
    for (what, change) in changes {
        let lab = lab();
        let outcome = compile_with(&lab, change);
        assert!(!outcome.stderr.contains("pub fn speak("), "{what}: {outcome}");
        assert!(outcome.stderr.contains("macros.rs:"), "{what}: the module is refused: {outcome}");
    }
}

fn without_crate_span(text: &str) -> String {
    text.lines()
        .map(|line| if line.starts_with("crate=") { "crate=\n".to_owned() } else { format!("{line}\n") })
        .collect()
}

/// A file is chosen by the module; reading some of them would take for ever.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_read() {
    let lab = lab();
    let pipe = lab.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for name in ["/dev/zero", "/dev/stdin", pipe.to_str().unwrap(), "."] {
        let changed = compile_with(&self::lab(), |text| text.replace("file=macros.rs", &format!("file={name}")));
        assert!(changed.stderr.contains(&format!("{name}:5:2")), "{changed}");
    }
}

/// What the section says need not fit the macro: positions are only shown.
#[test]
fn positions_may_be_anywhere_in_the_files() {
    for macro_line in ["macro=", "macro=0:0:0", "macro=0:0:20", "macro=1:0:5", "macro=1:3:3"] {
        let outcome = compile_with(&lab(), |text| {
            let digest = "hash=md5:00000000000000000000000000000000";
            let second = format!("file=/no/such/file\n{digest}\nlength=5\nlines=2\ncrate=");
            let text = text.replacen("crate=", &second, 1);
            let lines = text.lines().map(|line| if line.starts_with("macro=") { macro_line } else { line });
            lines.map(|line| format!("{line}\n")).collect()
        });
        assert!(outcome.stderr.contains("cannot find macro `speek`"), "{macro_line}: {outcome}");
    }
}

/// A guest may ask for the place of any quotation.
#[test]
fn a_quotation_that_is_not_there_is_the_crate() {
    let lab = Lab::new();
    lab.write(
        "macros.rs",
        "#![feature(proc_macro_quote, proc_macro_internals)]
        extern crate proc_macro;
        use proc_macro::{Span, TokenStream};
        #[proc_macro] pub fn here(_: TokenStream) -> TokenStream { _ = proc_macro::quote!(a); text(Span::recover_proc_macro_span(0)) }
        #[proc_macro] pub fn beyond(_: TokenStream) -> TokenStream { text(Span::recover_proc_macro_span(70_000)) }
        fn text(span: Span) -> TokenStream { format!(\"{:?}\", span.line()).parse().unwrap() }",
    );
    let mut rustc = lab.rustc();
    rustc.args(["macros.rs", "--crate-type", "proc-macro", "--target", "wasm32-wasip1", "-o", "macros.wasm"]);
    rustc.env("RUSTC_BOOTSTRAP", "1").outcome().success();
    lab.write("main.rs", "fn main() { println!(\"{} {}\", macros::here!(), macros::beyond!()); }");
    let compiled = lab.rustc().args(["main.rs", "--wasm-proc-macro", "macros.wasm"]).outcome();
    assert!(!compiled.stderr.contains("internal compiler error"), "{compiled}");
    compiled.success();
    assert!(lab.run("main").success().stdout.ends_with(" 1\n"));
}

/// What is built in two directories is one module if the paths that the compiler is given are, or are said to be.
#[test]
fn remapped_paths_are_the_only_ones_in_a_module() {
    let modules = [(); 2].map(|()| {
        let lab = Lab::new();
        lab.write("src/macros.rs", MACROS);
        let mut rustc = lab.rustc();
        rustc.arg(lab.join("src/macros.rs")).args(["--crate-type", "proc-macro", "--target", "wasm32-wasip1"]);
        rustc.arg(format!("--remap-path-prefix={}=/where", lab.path().display())).args(["-o", "macros.wasm"]);
        rustc.outcome().success();
        let module = fs::read(lab.join("macros.wasm")).unwrap();
        let sections = wasm::sections(&module);
        let spans = sections.iter().find(|section| section.name == Some(SPANS_SECTION)).expect("it says positions");
        let text = String::from_utf8(spans.data.to_vec()).unwrap();
        let scopes = "macro,diagnostics,debuginfo,coverage,documentation";
        assert!(text.starts_with(&format!("file=/where/src/macros.rs\nremapped={scopes}\nhash=")), "{text}");
        module
    });
    assert!(modules[0] == modules[1]);
}

/// Cargo's modules have such names. The stub's session has to know where the crate's root is, and does not.
#[test]
fn a_module_with_remapped_paths_is_used_as_any() {
    let scopes = ["all", "object", "diagnostics"];
    for scope in scopes {
        let lab = lab();
        let mut rustc = lab.rustc();
        rustc.arg(lab.join("macros.rs")).args(["--crate-type", "proc-macro", "--target", "wasm32-wasip1"]);
        rustc.arg(format!("--remap-path-prefix={}=/where", lab.path().display())).args(["-o", "macros.wasm"]);
        rustc.arg(format!("--remap-path-scope={scope}")).outcome().success();
        let shown = if scope == "object" { "macros.rs:5:2" } else { "/where/macros.rs:5:2" };
        compile(&lab).says(shown);
        let without_local = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with("local="));
            lines.map(|line| format!("{line}\n")).collect()
        };
        compile_with(&lab, without_local).says("macros.rs:5:2");
    }
}
