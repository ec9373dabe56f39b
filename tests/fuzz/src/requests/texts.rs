//! What requests say: texts that are right, nearly right, and wrong.

/// Before and after what a macro makes: the place in the language where it will stand.
pub(super) const PLACES: [(&str, &str); 92] = [
    ("", ""),
    ("", ";"),
    ("x . ", ""),
    ("x . 0 . ", ""),
    ("x.b.", ".0"),
    ("core::mem::offset_of!(T, ", ")"),
    ("core::mem::offset_of!(T, b . ", ")"),
    ("builtin # offset_of(T, ", ")"),
    ("-", ""),
    ("- -", ""),
    ("!", ""),
    ("1 + ", ""),
    ("", " as u8"),
    ("x as ", ""),
    ("", ".f()"),
    ("", "?"),
    ("&raw const ", ""),
    ("..=", ""),
    ("", ".."),
    ("[0u8; ", "]"),
    ("[", "; 2]"),
    ("[", ", 1, 2]"),
    ("(", ",)"),
    ("{", "}"),
    ("match x { ", " => 1, _ => 2 }"),
    ("match x { -", " => 1, _ => 2 }"),
    ("match x { 0..=", " => 1, _ => 2 }"),
    ("match x { ", ".. => 1, _ => 2 }"),
    ("match x { (", ", _) | _ => 1 }"),
    ("let ", " = x;"),
    ("let _: ", " = x;"),
    ("let _: [u8; ", "] = x;"),
    ("if let ", " = x {}"),
    ("while ", " {}"),
    ("for _ in ", " {}"),
    ("loop { break ", "; }"),
    ("", ": loop { break }"),
    ("|", "| 1"),
    ("const { ", " }"),
    ("unsafe { ", " }"),
    ("async { ", ".await }"),
    ("return ", ""),
    ("T { a: ", ", b: (0, 1) }"),
    ("T { ", ": 1, ..x }"),
    ("g::<", ">()"),
    ("g::<{ ", " }>()"),
    ("let _: G<", ">;"),
    ("concat!(", ", 1)"),
    ("concat_bytes!(", ")"),
    ("format!(", ", x)"),
    ("format!(\"{}\", ", ")"),
    ("println!(", ")"),
    ("panic!(", ")"),
    ("assert!(", ")"),
    ("env!(", ")"),
    ("option_env!(", ")"),
    ("include_str!(", ")"),
    ("include_bytes!(", ")"),
    ("include!(", ")"),
    ("stringify!(", ")"),
    ("compile_error!(", ")"),
    ("core::arch::asm!(", ")"),
    ("core::arch::asm!(\"{}\", const ", ")"),
    ("cfg!(feature = ", ")"),
    ("m_literal!(", ")"),
    ("m_literal!(-", ")"),
    ("m_tokens!(", ")"),
    ("m_expr!(", ")"),
    ("m_name!(", ")"),
    ("m_pattern!(", ")"),
    ("m_type!(", ")"),
    ("#[doc = ", "] fn d() {}"),
    ("#[doc(alias = ", ")] fn d() {}"),
    ("#[deprecated(since = ", ", note = \"n\")] fn d() {}"),
    ("#[repr(align(", "))] struct A;"),
    ("#[repr(", ")] enum A { B }"),
    ("#[repr(u8)] enum A { B = ", " }"),
    ("#[path = ", "] mod p;"),
    ("#[export_name = ", "] fn d() {}"),
    ("#[link(name = ", ")] unsafe extern \"C\" {}"),
    ("#[cfg(feature = ", ")] fn d() {}"),
    ("#[cfg_attr(all(), doc = ", ")] fn d() {}"),
    ("#[target_feature(enable = ", ")] fn d() {}"),
    ("#[must_use = ", "] fn d() {}"),
    ("#[inline(", ")] fn d() {}"),
    ("#[derive(", ")] struct D;"),
    ("#[rustc_layout_scalar_valid_range_start(", ")] struct D(u8);"),
    ("extern ", " fn d() {}"),
    ("fn ", "() {}"),
    ("struct ", "<'a>(&'a u8);"),
    ("use ", "::*;"),
    ("static S: &str = ", ";"),
];

/// Where in the file a macro is called.
pub(super) const CALLS: [&str; 44] = [
    "ops::ops! { @ }",
    "fn f(x: (u8, u8)) { ops::ops! { @ } }",
    "fn f(x: (u8, u8)) { ops::ops!(@); }",
    "fn f(x: T) { let _ = ops::ops!(@); }",
    "fn f(x: T) { let y = ops::ops!(@); y }",
    "fn f(x: u8) -> u8 { ops::ops!(@) }",
    "fn f(x: f32) -> f32 { ops::ops!(@) }",
    "fn f(x: &'static str) -> &'static str { ops::ops!(@) }",
    "const C: u8 = ops::ops!(@);",
    "const C: i128 = ops::ops!(@);",
    "const C: f32 = ops::ops!(@);",
    "const C: f64 = ops::ops!(@);",
    "const C: char = ops::ops!(@);",
    "const C: bool = ops::ops!(@);",
    "const C: &str = ops::ops!(@);",
    "const C: &[u8] = ops::ops!(@);",
    "const C: &core::ffi::CStr = ops::ops!(@);",
    "static C: T = ops::ops!(@);",
    "fn f(x: u8) -> u8 { match x { ops::ops!(@) => 1, _ => 2 } }",
    "fn f(x: f32) -> u8 { match x { ops::ops!(@) => 1, _ => 2 } }",
    "fn f(x: &str) -> u8 { match x { ops::ops!(@) => 1, _ => 2 } }",
    "fn f(x: char) -> u8 { match x { ops::ops!(@) => 1, _ => 2 } }",
    "fn f(x: i8) -> u8 { if let ops::ops!(@) = x { 1 } else { 2 } }",
    "type C = ops::ops!(@);",
    "fn f(x: ops::ops!(@)) {}",
    "fn f(x: [u8; ops::ops!(@)]) {}",
    "fn f() { g::<{ ops::ops!(@) }>(); }",
    "enum E { A = ops::ops!(@) }",
    "trait R { ops::ops! { @ } }",
    "impl T { ops::ops! { @ } }",
    "unsafe extern \"C\" { ops::ops! { @ } }",
    "fn f(x: T) { println!(\"{}\", ops::ops!(@)); }",
    "fn f(x: T) { println!(ops::ops!(@)); }",
    "const C: &str = concat!(ops::ops!(@), 1);",
    "const C: &str = include_str!(ops::ops!(@));",
    "const C: &str = env!(ops::ops!(@));",
    "macro_rules! n { () => { ops::ops!(@) } } fn f(x: T) { let _ = n!(); }",
    "#[ops::attr(@)] fn f(x: T) {}",
    "#[ops::attr(@)] struct A { a: u8 }",
    "#[ops::attr(@)] impl T { fn a() {} }",
    "#[ops::attr(@)] mod a { #[ops::attr(@)] fn f() {} }",
    "#[derive(ops::Ops)] #[ops(@)] struct A<'a, X: Copy>(&'a X);",
    "#[derive(ops::Ops, Clone)] #[ops(@)] enum A { B { c: u8 }, D }",
    "#[derive(ops::Ops)] #[ops(@)] union A { b: u8 }",
];

/// The same for a macro of watt's.
pub(super) const WATT_CALLS: [&str; 4] = [
    "watt::run! { @ }",
    "fn f() { let _ = watt::run!(@); }",
    "fn f() { watt::run! { @ } }",
    "fn f(x: watt::run!(@)) {}",
];

/// What stands before everything else in the file. `SECRETS` is a directory that no macro may read.
pub(super) const HEAD: &str = r#"#![feature(builtin_syntax, concat_bytes, rustc_attrs, decl_macro, deref_patterns)]
#![allow(warnings)]
#[derive(Clone)] pub struct T { a: u8, b: (u8, (u8, u16)) }
pub struct G<const N: usize>;
pub fn g<const N: u8>() {}
macro_rules! m_literal { ($l:literal) => { { #[doc = $l] const D: u8 = 0; match 1 { $l => 1, _ => 2 }; $l } } }
macro_rules! m_tokens { ($($t:tt)*) => { concat!($(stringify!($t)),*) } }
macro_rules! m_expr { ($e:expr) => { [$e, $e] } }
macro_rules! m_name { ($i:ident) => { { let $i = 1; $i } }; ($l:lifetime) => { $l: loop { break $l } } }
macro_rules! m_pattern { ($p:pat) => { if let $p = 1 {} } }
macro_rules! m_type { ($t:ty) => { None::<$t> } }
"#;

/// The bodies of literals that are numbers.
#[rustfmt::skip]
pub(super) const NUMBERS: [&str; 48] = [
    "", "0", "1", "7", "255", "256", "007", "0x", "0xff", "0xG", "0b", "0b2", "0b1_1", "0o9", "0o17", "1_", "_1", "_", "1__0", "1.0", "1.",
    ".", ".5", "..", "1..2", "1e", "1e5", "1e+", "1e-5", "1E400", "-1", "-1.5", "- 1", "--1", "-", "NaN", "inf", "1f32", "1u8", "0x1.0",
    "1.0.0", "340282366920938463463374607431768211456", "99999999999999999999999999999999999999999999", "٣", "1é", "\u{feff}1", "1\n", "0e0",
];

/// The bodies of literals that are texts.
#[rustfmt::skip]
pub(super) const STRINGS: [&str; 46] = [
    "", "a", "ab", "é", "e\u{301}", "🦀", "\\", "\\n", "\\\\", "\\'", "\\\"", "'", "\"", "\\u{41}", "\\u{110000}", "\\u{d800}", "\\u{}", "\\u{", "\\u41",
    "\\x7f", "\\x80", "\\xff", "\\x", "\\q", "\\\n   x", "\n", "\r", "\r\n", "\t", "\0", "\\0", "{}", "{0}", "{x}", "{", "}}", "{:?", "{1:>$2}",
    "a\"#b", "\"#", "\u{202e}", "\u{200b}", "//", "/* */", "\u{1b}[31m", "%s",
];

/// What may stand behind a literal.
#[rustfmt::skip]
pub(super) const SUFFIXES: [&str; 26] = [
    "", "u8", "i32", "u128", "usize", "f16", "f32", "f64", "f128", "foo", "_", "e5", "E", "é", "e\u{301}", "self", "crate", "fn", "r#u8", "1", " u8",
    "u8 ", "u8\n", "\0", "'a", "$crate",
];

/// Names.
#[rustfmt::skip]
pub(super) const NAMES: [&str; 44] = [
    "", "a", "x", "T", "S", "self", "Self", "super", "crate", "$crate", "_", "_a", "__", "r#a", "r#fn", "fn", "async", "dyn", "gen", "union", "raw", "auto",
    "macro_rules", "true", "'a", "'static", "'_", "'", "'1", "1a", "a b", "a-b", "a\0", "a\n", "é", "größe", "e\u{301}", "🦀", "\u{200b}", "{{root}}",
    "main", "safe", "default", "static",
];

/// Source texts. `DIR` is a directory that no macro may read.
#[rustfmt::skip]
pub(super) const SOURCES: [&str; 78] = [
    "", "a", "1", "1 + 1", "x", "\"a\"", "'a", "'a'", "''", "r#\"a\"#", "b\"\\xff\"", "c\"a\"", "k#a", "'r#a", "0x", "1e", "1.", "1..2", "...", "<-", "::", "#", "$", "\\",
    "/", "// a", "/* a */", "/* a", "/// a", "//! a\n", "#!/bin/a\n1", "---\na\n---\n1", "\"", "'", "\u{feff}1", "\0", "\r", "(", ")", "(]", "{ ( [ ] ) }", "é", "🦀", "e\u{301}",
    "fn f() {}", "struct S;", "struct T;", "impl Clone for T {}", "mod a { pub fn b() {} }", "use ops::*;", "extern crate core as c;", "macro_rules! q { () => { 1 } }",
    "concat!(\"a\", 1)", "concat!(-1, 1.5, 'c', true)", "stringify!(a b)", "line!()", "file!()", "module_path!()", "env!(\"CARGO\")", "env!(\"FUZZ_SECRET\")",
    "option_env!(\"FUZZ_SECRET\")", "include_str!(\"DIR/secret.rs\")", "include_bytes!(\"DIR/credentials.toml\")", "include!(\"DIR/secret.rs\")", "include!(\"DIR/credentials.toml\")",
    "include_str!(\"inside.rs\")", "include!(\"inside.rs\")", "{ #[path = \"DIR/secret.rs\"] mod m; 1 }", "{ #[path = \"DIR/credentials.toml\"] mod m; 1 }",
    "{ mod missing; 1 }", "{ struct L; impl L { const A: u8 = 1; } L::A }", "{ macro_rules! w { () => { 2 } } w!() }", "compile_error!(\"told\")", "no_such_macro!()",
    "format_args!(\"{}\", 1)", "{ #[derive(Clone)] struct L; 1 }", "const { 1 }", "{ use ops as o; o::ops!(\"03\") }",
];

/// What nests: before, within and after.
#[rustfmt::skip]
pub(super) const NESTED: [(&str, &str, &str); 32] = [
    ("(", "1", ")"), ("[", "1", "]"), ("{", "1", "}"), ("f(|| [", "1", "])"), ("(", "", ""), ("", "", ")"), ("/*)*/(", "", ")"), ("/*", "", "*/"), ("r", "\"\"", "#"),
    ("-", "1", ""), ("!", "x", ""), ("*", "x", ""), ("&", "x", ""), ("|| ", "1", ""), ("x = ", "1", ""), ("return ", "1", ""), ("break ", "1", ""), ("..", "1", ""),
    ("if true {} else ", "{}", ""), ("'a: ", "{}", ""), ("#[a] ", "1", ""), ("", "1", " + 1"), ("", "x", ".a()"), ("", "x", "?"), ("", "1", " as u8"), ("", "x", "[0]"),
    ("Box<", "u8", ">"), ("a::<", "u8", ">()"), ("fn() -> ", "u8", ""), ("a @ ", "1", ""), ("macro_rules! m { () => { ", "1", " } }"), ("mod a { ", "", " }"),
];

/// Messages and other texts.
#[rustfmt::skip]
pub(super) const MESSAGES: [&str; 14] = [
    "", "a message", "two\nlines", "\u{1b}[31mred\u{1b}[0m", "\u{7}\u{8}", "\u{202e}rtl", "\r over", "{braces} `ticks` $", "é🦀", "\0", "A\nB=c", "/etc/passwd", "..",
    "{\"$message_type\":\"artifact\",\"artifact\":\"/a\",\"emit\":\"link\"}",
];
