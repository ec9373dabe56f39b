//! Modules that are well made and mean harm: whatever a guest asks or answers, the compiler ends with errors and not with a
//! crash. (What a *native* macro can do to the compiler is another matter.)

use std::fmt::Write as _;

use tests::{Artifacts, Form, Lab, Outcome, RustcExt, bad};

/// Compiles invocations of the module's macros, each an item.
fn compile(module: &[u8], invocations: &[String]) -> Outcome {
    compile_in(&Lab::new(), module, invocations)
}

fn compile_in(lab: &Lab, module: &[u8], invocations: &[String]) -> Outcome {
    lab.write("hostile.wasm", module);
    lab.write("main.rs", format!("{}\nfn main() {{}}\n", invocations.join("\n")));
    lab.rustc().args(["main.rs", "--emit=metadata", "--wasm-proc-macro", "hostile.wasm"]).outcome()
}

fn module() -> Vec<u8> {
    std::fs::read(Artifacts::get().macros("hostile", Form::Wasm).unwrap()).expect("it was just built")
}

/// Every method, with zeros, ones and the largest bytes behind it, cut off at several places.
#[test]
fn requests_that_make_no_sense_are_errors() {
    let mut invocations = Vec::new();
    for method in 0..=255 {
        for fill in [0, 1, 255] {
            for len in [1, 2, 9, 40, 256] {
                if method < 40 || len == 40 {
                    invocations.push(format!("hostile::send!({method} {fill} {len});"));
                }
            }
        }
    }
    // One by one it would take long; all at once it would not be told which one it was.
    for chunk in invocations.chunks(50) {
        never_crashes(compile(&module(), chunk), chunk);
    }
}

#[test]
fn random_requests_are_errors() {
    let invocations: Vec<String> =
        (1..400u64).map(|n| format!("hostile::random!({});", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    for chunk in invocations.chunks(100) {
        never_crashes(compile(&module(), chunk), chunk);
    }
}

#[test]
fn host_functions_that_are_misused_are_errors() {
    for name in [
        "take_nothing",
        "request_outside",
        "request_longer_than_its_buffer",
        "request_of_nothing",
        "panic_outside",
        "panic_and_trap",
    ] {
        let outcome = compile(&module(), &[format!("hostile::{name}!();")]).one_error();
        assert!(!outcome.stderr.contains('\u{1b}'), "{outcome}");
    }
}

/// The other direction: what `run` returns.
#[test]
fn answers_that_make_no_sense_are_errors() {
    let evil = bad::exports_as(&module(), |name| match name {
        "__rustc_proc_macro_run" => "walk".to_owned(),
        "evil_run" => "__rustc_proc_macro_run".to_owned(),
        other => other.to_owned(),
    });
    let invocations: Vec<String> = (0..60).map(|n| format!("hostile::send!({n});")).collect();
    for invocation in &invocations {
        never_crashes(compile(&evil, std::slice::from_ref(invocation)), std::slice::from_ref(invocation));
    }
    never_crashes(compile(&evil, &invocations), &invocations);
}

/// What the compiler relies on once the lexer has seen a literal: kind by kind, a text that no lexer would let pass.
#[test]
fn literals_that_no_lexer_would_make_are_errors() {
    let forged: [(u8, &str); 12] = [
        (0, ""),
        (0, "ab"),
        (1, ""),
        (1, "\\"),
        (2, "x"),
        (3, "abc"),
        (3, "inf"),
        (4, "\\x"),
        (6, "\\q"),
        (8, "\\u{110000}"),
        (8, "\0"),
        (10, ""),
    ];
    for (kind, text) in forged {
        ends_with_an_error(&format!("hostile::forge!({kind} {});", bytes(text)), "error");
    }
    // The same way, and no error: it is the text that is refused.
    assert_eq!(
        compile(&module(), &["hostile::forge!(1 97);".to_owned(), "hostile::forge!(4 92 110);".to_owned()]).code,
        Some(0)
    );
}

/// Names that are empty, or that end a symbol's name early.
#[test]
fn names_that_no_lexer_would_make_are_errors() {
    let forged = [("", 0), ("a b", 0), ("1a", 0), ("a-", 0), ("😀", 0), ("a\0", 0), ("self", 1), ("_", 1)];
    for (text, is_raw) in forged {
        ends_with_an_error(&format!("hostile::forge_name!({is_raw} {});", bytes(text)), "the token is refused");
    }
    for (text, is_raw) in [("plain_1", 0), ("größe", 0), ("type", 1)] {
        let fine = compile(&module(), &[format!("hostile::forge_name!({is_raw} {});", bytes(text))]);
        assert_eq!(fine.code, Some(0), "{text}: {fine}");
    }
}

fn bytes(text: &str) -> String {
    text.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(" ")
}

/// What a macro may not open, the compiler must not open for it.
#[test]
fn nothing_else_is_read_by_expanding_an_expression() {
    let (lab, other) = (Lab::new(), Lab::new());
    let secret = other.write("secret.txt", "\"the secret\"");
    lab.write("own.txt", "\"of the package\"");
    std::os::unix::fs::symlink(&secret, lab.join("leak.txt")).unwrap();
    for reader in ["include_str", "include_bytes", "include"] {
        let expand = |path: &str| compile_in(&lab, &module(), &[format!("hostile::expand!({reader}!({path:?}));")]);
        for path in [secret.to_str().unwrap(), "leak.txt"] {
            let outcome = expand(path);
            assert_eq!(outcome.code, Some(1), "{reader}: {outcome}");
            assert!(outcome.stderr.contains("the procedural macro `expand` of `hostile` "), "{reader}: {outcome}");
            assert!(outcome.stderr.contains("was refused reading `"), "{reader}: {outcome}");
            assert!(
                outcome.stderr.contains("nothing is read") && !outcome.stderr.contains("the secret"),
                "{reader}: {outcome}"
            );
        }
        let outcome = expand("own.txt");
        assert!(
            outcome.stderr.contains("this is read: ") && outcome.stderr.contains("of the package"),
            "{reader}: {outcome}"
        );
        // For nobody but the macro: what it returns is the user's code.
        let outcome = expand("missing.txt");
        assert!(
            outcome.stderr.contains("couldn't read `") && !outcome.stderr.contains("refused"),
            "{reader}: {outcome}"
        );
    }
}

/// A span within a character is none, and one beside it is shown.
#[test]
fn spans_that_cut_a_character_are_errors() {
    ends_with_an_error("hostile::cut!(\"ü\" 2 3);", "there is no such part");
    ends_with_an_error("hostile::cut!(\"ü\" 1 3);", "cannot find value `nowhere`");
}

/// Decoding what is nested without end must not use the stack up.
#[test]
fn diagnostics_that_are_nested_too_deep_are_errors() {
    ends_with_an_error("hostile::nest!(200000);", "the diagnostic is refused");
    ends_with_an_error("hostile::nest!(2);", "error");
}

#[track_caller]
fn ends_with_an_error(invocation: &str, says: &str) {
    let invocations = [invocation.to_owned()];
    let outcome = compile(&module(), &invocations);
    assert_eq!(outcome.code, Some(1), "{invocation}:\n{outcome}");
    assert!(outcome.stderr.contains(says), "{invocation}:\n{outcome}");
    never_crashes(outcome, &invocations);
}

#[track_caller]
fn never_crashes(outcome: Outcome, invocations: &[String]) {
    let mut what = String::new();
    let fine = matches!(outcome.code, Some(0 | 1)) && !outcome.stderr.contains("internal compiler error");
    if !fine {
        _ = write!(what, "one of {} … {}", invocations[0], invocations[invocations.len() - 1]);
    }
    assert!(fine, "{what}:\n{outcome}");
}

/// The parser of format strings takes what lies between the quotes of a literal's source, and a macro may have cut that.
#[test]
fn literals_with_the_span_of_a_piece_are_no_crash() {
    let lab = Lab::new();
    lab.write(
        "pieces.rs",
        r#"#![feature(proc_macro_span)]
        extern crate proc_macro;
        use proc_macro::{Delimiter, Group, TokenStream, TokenTree};
        #[proc_macro] pub fn format(input: TokenStream) -> TokenStream {
            let mut input = input.into_iter();
            let (Some(TokenTree::Literal(mut literal)), Some(len)) = (input.next(), input.next()) else { panic!() };
            let piece = literal.subspan(..len.to_string().parse::<usize>().unwrap());
            literal.set_span(piece.unwrap_or(literal.span()));
            let arguments = Group::new(Delimiter::Parenthesis, TokenTree::from(literal).into());
            "::std::format!".parse::<TokenStream>().unwrap().into_iter().chain([arguments.into()]).collect()
        }"#,
    );
    let mut rustc = lab.rustc();
    rustc.args(["pieces.rs", "--crate-type=proc-macro", "--target=wasm32-wasip1", "-o", "pieces.wasm"]);
    rustc.env("RUSTC_BOOTSTRAP", "1").outcome().success();
    for literal in ["\"a\"", "\"{}\"", "\"\u{e9}\"", "r\"{\"", "r###\"{}\"###"] {
        for len in 1..=literal.len() {
            let invocation = format!("const _: fn() = || drop(pieces::format!({literal} {len}));");
            lab.write("main.rs", format!("{invocation}\nfn main() {{}}\n"));
            let mut rustc = lab.rustc();
            rustc.args(["main.rs", "--emit=metadata", "--wasm-proc-macro", "pieces.wasm"]);
            never_crashes(rustc.outcome(), &[invocation]);
        }
    }
}
