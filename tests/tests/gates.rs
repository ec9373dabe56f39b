//! What stands between a guest and the compiler: tokens that no lexer makes, files that are not the macro's, nesting, memory, and the
//! compiler's own failures. Each sample of an attack that once succeeded is here with its right outcome, and the like of it.

use tests::{Artifacts, Form, Lab, Outcome, RustcExt};

/// A lab with the guest that makes what `proc_macro` does not make.
fn lab() -> Lab {
    let lab = Lab::new();
    let module = std::fs::read(Artifacts::get().macros("forger", Form::Wasm).unwrap()).expect("it was just built");
    lab.write("package/forger.wasm", module);
    lab.write("outside/secret.txt", "\"the secret\"\n");
    lab.write("outside/secret.rs", "pub const HIDDEN: &str = \"the secret\";\n");
    lab
}

/// Compiles a library in the lab's package, which has a directory beside it that is not the macro's.
fn compile(lab: &Lab, text: &str) -> Outcome {
    lab.write("package/lib.rs", text);
    let mut rustc = lab.rustc();
    rustc.current_dir(lab.join("package"));
    rustc.args(["lib.rs", "--crate-type=lib", "--emit=metadata", "--wasm-proc-macro", "forger.wasm"]).outcome()
}

fn literal(kind: &str, text: &str, suffix: &str, before: &str, after: &str) -> String {
    format!("#![allow(unused)]\nforger::literal!(\"{kind}\", \"{text}\", \"{suffix}\", \"{before}\", \"{after}\");\n")
}

/// No literal that no lexer makes gets as far as the parser, in whatever place: every kind with texts of all, and suffixes.
#[test]
fn literals_are_what_the_lexer_makes_of_their_text() {
    let lab = lab();
    let constant = ("pub const A: _ =", ";");
    let field = ("pub fn f(x: (u8,)) { x .", "; }");
    let offset = ("pub const A: usize = core::mem::offset_of!((u8, (u8, u8)),", ");");
    for (kind, text, suffix, (before, after)) in [
        // As they were found.
        ("3", "-..", "none", constant),
        ("2", "-..", "f32", constant),
        ("3", "..", "x", field),
        ("2", "", "none", offset),
        ("2", "a b", "none", offset),
        ("3", "1.", "f32", offset),
        ("2", "", "none", field),
        ("2", "1", "", constant),
        // Numbers: a sign too many, digits of another base, an exponent without digits, a suffix that is part of the number.
        ("2", "--1", "none", constant),
        ("2", "-", "none", constant),
        ("2", "0b2", "none", constant),
        ("2", "0o8", "u8", constant),
        ("2", "0x", "none", constant),
        ("2", "1.5", "none", constant),
        ("2", "1e5", "none", constant),
        ("2", "1", "e5", constant),
        ("2", "1", "_u8", constant),
        ("2", "0x1", "f32", constant),
        ("2", "1", "_", constant),
        ("2", "1u8", "none", constant),
        ("2", " 1", "none", constant),
        ("3", "1", "none", constant),
        ("3", "1e", "none", constant),
        ("3", "0x1.8", "none", constant),
        ("3", "inf", "none", constant),
        ("3", "1.0", "f32 ", constant),
        // Text: quotes, escapes, line ends, zeros, characters that are no bytes; and a suffix, which hides the others.
        ("4", "\\\"", "none", constant),
        ("4", "\\\\", "none", constant),
        ("4", "\\\\q", "x", constant),
        ("4", "a\\rb", "none", constant),
        ("4", "a", "_", constant),
        ("4", "a", "\\0", constant),
        ("5 0", "\\\"", "none", constant),
        ("5 1", "\\\"#", "none", constant),
        ("5 0", "\\r", "none", constant),
        ("6", "ü", "none", constant),
        ("6", "\\\\u{61}", "none", constant),
        ("7 0", "ü", "none", constant),
        ("8", "\\0", "none", constant),
        ("8", "\\\\0", "none", constant),
        ("9 0", "\\0", "none", constant),
        ("0", "'", "none", constant),
        ("0", "ü", "none", constant),
        ("1", "ab", "none", constant),
        ("1", "'", "none", constant),
        ("1", "\\n", "none", constant),
        // What stands for an error, where there was none.
        ("10", "x", "none", constant),
    ] {
        let outcome = compile(&lab, &literal(kind, text, suffix, before, after)).errors();
        assert!(outcome.stderr.contains("it is refused: "), "{kind} {text} {suffix}: {outcome}");
        assert!(!outcome.stderr.contains('\u{1b}'), "{outcome}");
    }
}

/// The other way round: what a lexer makes, and `proc_macro`, is let through.
#[test]
fn literals_that_a_lexer_makes_are_accepted() {
    let lab = lab();
    for (kind, text, suffix, ty) in [
        ("2", "1", "none", "u8"),
        ("2", "-1", "none", "i8"),
        ("2", "-1", "i8", "i8"),
        ("2", "0xff_", "u8", "u8"),
        ("2", "0b1_0", "none", "u8"),
        ("2", "1", "f32", "f32"),
        ("3", "1", "f32", "f32"),
        ("3", "-1", "f64", "f64"),
        ("3", "1.", "none", "f64"),
        ("3", "-1.5e-3", "f32", "f32"),
        ("4", "ü\\n\\\\n\\\\u{1f980}\\\\\\n  x", "none", "&str"),
        ("5 0", "\\\\", "none", "&str"),
        ("5 2", "\\\"#", "none", "&str"),
        ("6", "\\\\xff", "none", "&[u8]"),
        ("7 1", "\\\"", "none", "&[u8]"),
        ("8", "ü\\\\xff", "none", "&core::ffi::CStr"),
        ("9 0", "ü", "none", "&core::ffi::CStr"),
        ("0", "\\\\'", "none", "u8"),
        ("1", "ü", "none", "char"),
    ] {
        compile(&lab, &literal(kind, text, suffix, &format!("pub const A: {ty} ="), ";")).success();
    }
}

/// Wherever a literal can stand: errors, as for the user's own literals.
#[test]
fn literals_in_places_for_others_are_errors() {
    let lab = lab();
    let places = [
        ("pub const A: () =", ";"),
        ("pub fn f(x: (u8,)) { x .", "; }"),
        ("pub fn f(x: (u8,)) { x . 0 .", "; }"),
        ("pub const A: usize = core::mem::offset_of!((u8, (u8, u8)),", ");"),
        ("pub const A: usize = core::mem::offset_of!((u8, (u8, u8)), 1.", ");"),
        ("extern", "{ fn f(); }"),
        ("#[path =", "] mod m;"),
        ("#[doc =", "] pub struct A;"),
        ("#[cfg(feature =", ")] pub struct A;"),
        ("#[repr(align(", "))] pub struct A;"),
        ("#[deprecated(since =", ")] pub struct A;"),
        ("#[link_section =", "] pub static A: u8 = 1;"),
        ("#[recursion_limit =", "] pub mod m {}"),
        ("pub fn f(x: u8) { match x {", "=> {} _ => {} } }"),
        ("pub fn f(x: i8) { match x { -", "..=1 => {} _ => {} } }"),
        ("pub struct A { pub", ": u8 }"),
        ("pub type A = [u8;", "];"),
        ("pub type A = Vec<", ">;"),
        ("pub const A: &str = concat!(", ");"),
        ("pub const A: &str = env!(", ");"),
        ("pub fn f() { println!(", ") }"),
        ("pub fn f() { core::arch::asm!(", ") }"),
        ("use", ";"),
        ("macro_rules! m { (", ") => {} }"),
    ];
    for (kind, text, suffix) in [
        ("2", "1", "none"),
        ("2", "-1", "none"),
        ("2", "1", "f32"),
        ("2", "1", "x"),
        ("2", "99999999999999999999999999999999999999999", "u8"),
        ("3", "1", "f32"),
        ("3", "-1.5", "none"),
        ("3", "1.", "none"),
        ("3", "1.0", "x"),
        ("3", "1e400", "none"),
        ("4", "a", "none"),
        ("4", "", "none"),
        ("4", "a", "x"),
        ("5 1", "a", "f32"),
        ("6", "a", "none"),
        ("8", "a", "none"),
        ("0", "a", "none"),
        ("1", "a", "none"),
        ("1", "a", "u8"),
    ] {
        for (before, after) in places {
            let outcome = compile(&lab, &literal(kind, text, suffix, before, after));
            let is_fine = matches!(outcome.code, Some(0 | 1)) && !outcome.stderr.contains("internal compiler error");
            assert!(is_fine, "{before} {kind} {text} {suffix} {after}: {outcome}");
        }
    }
}

/// `expand_expr` of something that ends the compiler's work ends the expansion, whatever the macro does next.
#[test]
fn a_failure_of_the_compiler_is_no_reply() {
    let lab = lab();
    // The literal is refused where it is made, so the inner macro panics and nothing else happens.
    let inner = "forger::expand!(\"forger::bad_number!()\", \"pub fn a() {}\");";
    compile(&lab, inner).errors().says("it is refused: ");
    // A file that is missing is a fatal error. What comes after it is not compiled.
    let fatal = "forger::expand!(\"include!(\\\"missing.rs\\\")\", \"pub fn a() {}\"); forger::output!(\"compile_error!{\\\"later\\\"}\");";
    compile(&lab, fatal).one_error().says("couldn't read `");
}

/// What the user's own `include_str!` has embedded in the program is no macro's to read, not even between two places that are.
#[test]
fn a_file_that_the_program_embeds_is_not_told_to_macros() {
    let lab = lab();
    lab.write("package/own.txt", "of the package");
    let outcome = compile(
        &lab,
        "pub const SECRET: &str = include_str!(\"../outside/secret.txt\");
        forger::read_between!(\"include_str!(\\\"own.txt\\\")\");",
    );
    let outcome = outcome.success();
    assert!(outcome.stderr.contains("told: ") && !outcome.stderr.contains("the secret"), "{outcome}");
    // The same without a macro that asks, and the text is there.
    compile(&lab, "const _: &str = include_str!(\"../outside/secret.txt\"); const _: [u8; 12] = [0; include_str!(\"../outside/secret.txt\").len() - 1];")
        .success();
}

/// A macro's output names files as the macro may read them, by each way there is, with whatever spans.
#[test]
fn what_a_macro_returns_opens_nothing_that_is_not_its_own() {
    let lab = lab();
    lab.write("package/own.txt", "\"of the package\"");
    lab.write("package/own.rs", "pub const OWN: u8 = 1;");
    let outside = lab.join("outside");
    for invocation in [
        "pub const A: &str = include_str!(PATH.txt);",
        "pub const A: &[u8] = include_bytes!(PATH.txt);",
        "pub const A: &str = include!(PATH.txt);",
        "include!(PATH.rs);",
        "pub const A: &str = concat!(\"\", include_str!(PATH.txt));",
        "pub const A: &str = include_str!(concat!(PATH, \".txt\"));",
        "#[path = PATH.rs] pub mod m;",
        "pub mod inline { #[path = PATH.rs] pub mod m; }",
        "#[doc = include_str!(PATH.txt)] pub fn f() {}",
        "macro_rules! later { () => { include_str!(PATH.txt) } } pub(crate) use later; pub const A: &str = later!();",
        "#[debugger_visualizer(gdb_script_file = PATH.txt)] pub mod m {}",
    ] {
        let written = |base: &str| {
            let text =
                invocation.replace("PATH.", &format!("\"{base}.")).replace(".txt", ".txt\"").replace(".rs", ".rs\"");
            text.replace("PATH", &format!("\"{base}\"")).replace("\".txt\"\"", "\".txt\"")
        };
        let quoted = |base: &str| format!("{:?}", written(base));
        // The span of a token of the user's makes it nobody else's.
        let secret = outside.join("secret").display().to_string();
        for call in [
            format!("forger::output!({});", quoted(&secret)),
            format!("forger::output_at!({}, here);", quoted(&secret)),
            format!("forger::output_at!({}, \"{secret}.txt\");", quoted(&secret)),
        ] {
            let outcome = compile(&lab, &call).errors();
            assert!(outcome.stderr.contains("was refused reading `"), "{call}: {outcome}");
            assert!(!outcome.stderr.contains("the secret"), "{call}: {outcome}");
        }
        let own = lab.join("package/own").display().to_string();
        compile(&lab, &format!("forger::output!({});", quoted(&own))).success();
    }
}

/// A macro that the user calls, and that came out of a macro, is still that macro's.
#[test]
fn a_macro_that_was_returned_carries_where_it_came_from() {
    let lab = lab();
    let secret = lab.join("outside/secret.txt").display().to_string();
    let define = format!("macro_rules! list {{ ($($t:tt)*) => {{ include_str!({secret:?}) }} }}");
    let text = format!("forger::output!({define:?});\npub fn f() {{ list![1]; }}\n");
    let outcome = compile(&lab, &text).errors().says("was refused reading `");
    assert!(!outcome.stderr.contains("the secret"), "{outcome}");
}

/// Built-in macros expand their arguments themselves, where nothing else says through whose hands they came.
#[test]
fn an_argument_of_a_builtin_macro_carries_where_it_came_from() {
    let lab = lab();
    let secret = lab.join("outside/secret.txt").display().to_string();
    let include = format!("include_str!({secret:?})");
    let text = format!("pub const A: &str = concat!(forger::output!({include:?}));");
    let outcome = compile(&lab, &text).errors().says("was refused reading `");
    assert!(!outcome.stderr.contains("the secret"), "{outcome}");
}

/// What the user wrote stays the user's, though it passes through a macro.
#[test]
fn the_users_own_includes_pass_through_macros() {
    let lab = lab();
    compile(
        &lab,
        "#[forger::pass]
        #[doc = include_str!(\"../outside/secret.txt\")]
        pub fn f() -> (&'static str, &'static [u8], &'static str) {
            (include_str!(\"../outside/secret.txt\"), include_bytes!( /* as it is */ \"../outside/secret.txt\" ), {
                include!(\"../outside/secret.txt\")
            })
        }
        #[forger::pass]
        pub mod inline { pub const A: &str = concat!(\"\", std::include_str!(\"../outside/secret.txt\")); }
        macro_rules! outside { ($name:literal) => { include_str!(concat!(\"../outside/\", $name)) } }
        #[forger::pass]
        pub fn g() -> &'static str { outside!(\"secret.txt\") }",
    )
    .success();
}

/// While a macro is told the result, nobody's wish counts but the grants.
#[test]
fn nothing_is_expanded_for_a_macro_that_it_may_not_have() {
    let lab = lab();
    let (text, rust) = (lab.join("outside/secret.txt"), lab.join("outside/secret.rs"));
    let (text, rust) = (text.to_str().unwrap(), rust.to_str().unwrap());
    for wanted in [
        format!("include_str!({text:?})"),
        format!("concat!(include_str!({text:?}), 1)"),
        format!("include!({text:?})"),
        format!("{{ #[path = {rust:?}] mod m; 1 }}"),
        format!("{{ include!({rust:?}); 1 }}"),
        format!("{{ #[doc = include_str!({text:?})] struct S; 1 }}"),
        format!("forger::output!({:?})", format!("include_str!({text:?})")),
    ] {
        let outcome = compile(&lab, &format!("forger::expand!({wanted:?}, \"pub fn a() {{}}\");")).errors();
        assert!(outcome.stderr.contains("was refused reading `"), "{wanted}: {outcome}");
        assert!(!outcome.stderr.contains("the secret"), "{wanted}: {outcome}");
    }
}

/// A pipe has no end, and whoever opens it waits.
#[test]
fn what_is_no_file_is_not_opened_for_a_macro() {
    let lab = lab();
    let pipe = lab.join("package/pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there");
    assert!(made.success());
    for call in [
        "forger::expand!(\"{ #[path = \\\"pipe\\\"] mod m; 1 }\", \"\");",
        "forger::expand!(\"include_str!(\\\"pipe\\\")\", \"\");",
        "forger::output!(\"pub const A: &str = include_str!(\\\"pipe\\\");\");",
    ] {
        compile(&lab, call).errors().says("is not a regular file");
    }
}

#[test]
fn variables_are_told_by_permission_whoever_looks_them_up() {
    let lab = lab();
    lab.write("package/lib.rs", "");
    let compile = |text: &str| {
        lab.write("package/lib.rs", text);
        let mut rustc = lab.rustc();
        rustc.current_dir(lab.join("package")).env("THE_SECRET_WORD", "xyzzy");
        rustc
            .args(["lib.rs", "--crate-type=lib", "--emit=metadata,dep-info", "--wasm-proc-macro", "forger.wasm"])
            .outcome()
    };
    for call in [
        "forger::expand!(\"env!(\\\"THE_SECRET_WORD\\\")\", \"\");",
        "forger::output!(\"pub const A: &str = env!(\\\"THE_SECRET_WORD\\\");\");",
        "forger::output!(\"pub const A: Option<&str> = option_env!(\\\"THE_SECRET_WORD\\\");\");",
    ] {
        let outcome = compile(call).errors().says("was refused the environment variable `THE_SECRET_WORD`");
        assert!(!outcome.stderr.contains("xyzzy"), "{outcome}");
    }
    // The user's own, which a macro only hands back.
    compile("#[forger::pass] pub fn f() -> &'static str { env!(\"THE_SECRET_WORD\") }").success();
}

/// Up to some depth there is enough stack, wherever the guest is; beyond it there is one error.
#[test]
fn deep_nesting_is_an_error_and_not_the_end_of_the_stack() {
    let lab = lab();
    let nest = |depth: usize, what: &str| {
        compile(&lab, &format!("pub fn f() -> i32 {{ forger::nest!(\"{depth}\", \"{what}\") }}"))
    };
    for (depth, what) in [
        (8_000, "print at the end of the stack"),
        (3_200, "parse at the end of the stack"),
        (1_000, "expand at the end of the stack"),
        (19_000, "print"),
        (19_000, "parse"),
        (2_000, "expand"),
        (19_000, "drop"),
        (19_000, "forget"),
        (2_000, "return"),
        (2_000, "blocks"),
    ] {
        let outcome = nest(depth, what);
        assert_eq!(outcome.code, Some(0), "{depth} {what}: {outcome}");
    }
    for (depth, what) in [
        (3_200, "expand at the end of the stack"),
        (100_000, "print"),
        (100_000, "parse"),
        (100_000, "drop"),
        (100_000, "forget"),
        (10_000, "expand"),
        (10_000, "return"),
        (10_000, "blocks"),
    ] {
        let outcome = nest(depth, what).one_error();
        assert!(outcome.stderr.contains(" deep"), "{depth} {what}: {outcome}");
    }
}

/// What nests without groups. How deep the compiler recurses for it, only the compiler finds out.
#[test]
fn chains_without_groups_are_an_error_and_not_the_end_of_the_stack() {
    let lab = lab();
    for (before, inner, after) in
        [("-", "1", ""), ("|| ", "1", ""), ("x = ", "1", ""), ("'a: ", "{}", ""), ("", "1", " + 1"), ("", "1", ".a()")]
    {
        let chain = |length| format!("{}{inner}{}", before.repeat(length), after.repeat(length));
        let output = |length| format!("pub fn f() {{ forger::output!(\"let _ = {};\") }}", chain(length));
        let outcome = compile(&lab, &output(60_000)).errors();
        let said = ["error: the compiler's stack overflowed", "` of `forger`"]
            .iter()
            .all(|part| outcome.stderr.contains(part));
        assert!(said, "{before}{inner}{after}: {outcome}");
        // A request has another stack, which some of them fit into.
        let outcome = compile(&lab, &format!("forger::expand!(\"{}\", \"\");", chain(60_000)));
        assert!(matches!(outcome.code, Some(0 | 1)), "{before}{inner}{after}: {outcome}");
        let outcome = compile(&lab, &output(100));
        assert!(!outcome.stderr.contains("overflowed"), "{before}{inner}{after}: {outcome}");
    }
}

/// What a few bytes of a guest would have the compiler hold.
#[test]
fn memory_of_the_compiler_is_limited() {
    let lab = lab();
    lab.write("package/policy.toml", "[permissions.forger]\nmemory = \"128MiB\"\n");
    let compile = |text: &str| {
        lab.write("package/lib.rs", text);
        let mut rustc = lab.rustc();
        rustc.current_dir(lab.join("package")).args(["lib.rs", "--crate-type=lib", "--emit=metadata"]);
        rustc.args(["--wasm-proc-macro", "forger.wasm", "--wasm-proc-macro-policy", "policy.toml"]).outcome()
    };
    for call in ["forger::double!(\"40\");", "forger::share!(\"60\");", "forger::names!(\"1000\");"] {
        compile(call).one_error().says("was refused more than 128MiB of memory");
    }
    for call in ["forger::double!(\"16\");", "forger::share!(\"10\");", "forger::names!(\"2\");"] {
        compile(call).success();
    }
    // What is freed does not count, nor what is shared and never put together.
    compile(&"forger::double!(\"18\");\n".repeat(8)).success();
}

/// What the compiler does for an answer has the limits of the macro that wants it.
#[test]
fn work_for_an_answer_is_limited() {
    let lab = lab();
    let compile = |grant: &str, define: &str, wanted: &str| {
        lab.write("package/policy.toml", format!("[permissions.forger]\n{grant}\n"));
        // An answer knows the `macro_rules!` of what is outside only.
        let text = format!("forger::output!({define:?});\nforger::expand!({wanted:?}, \"pub fn a() {{}}\");");
        lab.write("package/lib.rs", text);
        let mut rustc = lab.rustc();
        rustc.current_dir(lab.join("package")).args(["lib.rs", "--crate-type=lib", "--emit=metadata"]);
        rustc.args(["--wasm-proc-macro", "forger.wasm", "--wasm-proc-macro-policy", "policy.toml"]).outcome()
    };
    // Tokens that double; texts that become four times as long; twice as many invocations at each of forty levels.
    let tokens = "macro_rules! d { ($($t:tt)*) => { d!($($t)* $($t)*) } }";
    let mut texts = "macro_rules! t0 { () => { \"0123456789abcdef\" } }".to_owned();
    for level in 1..40 {
        let four = format!("t{}!(), ", level - 1).repeat(4);
        texts += &format!("macro_rules! t{level} {{ () => {{ concat!({four}) }} }}");
    }
    let invocations = "macro_rules! b { () => { 1 }; (a $($t:tt)*) => { (b!($($t)*), b!($($t)*)) } }";
    for (define, wanted) in [(tokens, "d!(a)"), (&texts, "t39!()")] {
        compile("memory = \"128MiB\"", define, wanted).one_error().says("was refused more than 128MiB of memory");
    }
    let outcome = compile("time = \"2s\"", invocations, &format!("b!({})", "a ".repeat(40))).one_error();
    assert!(outcome.stderr.contains("was refused more than 2s for one expansion"), "{outcome}");
    // The same in small.
    let small = "macro_rules! d { (a a a a) => { concat!(1) }; ($($t:tt)*) => { d!($($t)* $($t)*) } }";
    compile("memory = \"128MiB\"", small, "d!(a)").success().says("expanded: \"1\"");
}

/// Messages are output of a macro, too.
#[test]
fn messages_have_a_limit() {
    let lab = Lab::new();
    let module = lab.module("diagnostics", "diagnostics");
    let compile = |text: &str| {
        lab.write("main.rs", format!("{text}\nfn main() {{}}\n"));
        lab.rustc().args(["main.rs", "--emit=metadata"]).module(&module).outcome()
    };
    let outcome = compile("diagnostics::flood!(1000000 1000);").one_error();
    assert!(outcome.stderr.contains("more than 64 MiB of messages") && outcome.stderr.len() < 200 << 20, "{outcome}");
    assert_eq!(compile("diagnostics::flood!(1000 1000);").success().warning_lines().len(), 1000);
}

/// A path with a line break in it would be two lines of dep-info.
#[test]
fn tracked_paths_are_one_line() {
    let lab = lab();
    for call in ["forger::track!(\"a\\nb: c\");", "forger::track!(\"a\\rb\");"] {
        compile(&lab, call).one_error().says("it is refused: ");
    }
    compile(&lab, "forger::track!(\"lib.rs\");").success();
}

/// An error is no reason to open a file all the same: a pipe would have the compiler wait for ever.
#[test]
fn what_is_refused_is_not_opened() {
    let lab = lab();
    let pipe = lab.join("outside/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("it is installed").success());
    for item in [
        format!("#[debugger_visualizer(gdb_script_file = {pipe:?})] pub mod m {{}}"),
        format!("#[debugger_visualizer(natvis_file = {pipe:?})] #[allow(unused)] pub mod m {{}}"),
    ] {
        compile(&lab, &format!("forger::output!({item:?});")).one_error().says("was refused reading `");
    }
}
