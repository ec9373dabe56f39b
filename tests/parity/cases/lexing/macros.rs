//! Texts that macros parse, good ones and bad ones, and names of all kinds.

extern crate proc_macro;
use std::error::Error;

use proc_macro::{Ident, LexError, Span, TokenStream};

fn parsed(text: &str) {
    let shown: String = text.chars().take(60).collect();
    // Some errors are panics: what `LexError` says about it is upstream's.
    match std::panic::catch_unwind(|| text.parse::<TokenStream>().map(|stream| format!("{stream} {stream:?}"))) {
        Ok(Ok(stream)) => println!("{shown:?}: {stream}"),
        Ok(Err(error)) => told(&shown, &error),
        Err(payload) => println!("{shown:?}: panic {:?}", payload.downcast_ref::<String>()),
    }
}

fn told(text: &str, error: &LexError) {
    println!("{text:?}: error {error} {error:?} {}", error.source().is_some());
}

const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "a b",
    "a.b.0.1",
    "fn f<'a>(x: &'a u8) -> u8 { *x << 1 }",
    "'a",
    "'a'",
    "'static 'x'",
    "r#fn",
    "r#type",
    "k#fn",
    "+= ..= <<= -> => && ||",
    "\"text\" b\"b\" c\"c\" r#\"raw\"#",
    "1u8 1.5 0xff 1e3 1.",
    "/// doc\nfn f() {}",
    "//! doc\n",
    "/** doc */ x",
    "a // comment",
    "a /* comment */ b",
    "#![x] #[y]",
    "übergröße 日本 _",
    "$ $crate $x",
    "macro_rules! m { ($x:tt) => { $x } }",
    "😀x",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"open",
    "'open",
    "b\"open",
    "r#\"open\"",
    "/* open",
    "r#_",
    "r#self",
    "r#crate",
    "'ab'",
    "b'é'",
    "b\"é\"",
    "\"\\q\"",
    "'\\u{110000}'",
    "0b2",
    "0o8",
    "0x",
    "1e",
    "1__u8",
    "c\"\\0\"",
    "z\"prefix\"",
    "#\"guarded\"#",
    "\\",
    "`",
    "a\\",
    "\u{feff}a",
    "a\u{200b}b",
    "\0",
    "a\rb",
    "a\r\nb",
    "\u{2028}",
    "“quotes”",
    "a；b",
    "’a",
    "❤",
    "#!shebang\na",
    "---\nfront\n---\na",
];

/// Parses all texts.
#[proc_macro]
pub fn parse(_input: TokenStream) -> TokenStream {
    TEXTS.iter().for_each(|text| parsed(text));
    parsed(&"(".repeat(50));
    parsed(&format!("{}{}", "[".repeat(100), "]".repeat(100)));
    TokenStream::new()
}

/// Parses texts in which the compiler has something to say beside the result.
#[proc_macro]
pub fn complain(input: TokenStream) -> TokenStream {
    for text in ["0b2", "\"\\q\"", "a\u{200b}b", "/* open", "“quotes”", ")"] {
        parsed(text);
    }
    parsed(&input.to_string());
    TokenStream::new()
}

/// Makes names, good ones and bad ones, plain and raw.
#[proc_macro]
pub fn names(_input: TokenStream) -> TokenStream {
    let names = [
        "a",
        "_",
        "_a",
        "fn",
        "self",
        "Self",
        "super",
        "crate",
        "async",
        "gen",
        "r#fn",
        "r#a",
        "übergröße",
        "日本",
        "e\u{301}",
        "é",
        "ﬁ",
        "",
        " ",
        "a b",
        "1",
        "1a",
        "a-b",
        "'a",
        "\"a\"",
        "a!",
        "😀",
        "$crate",
        "$x",
        "true",
        "macro_rules",
        "union",
        "\0",
    ];
    for name in names {
        for (kind, make) in [("plain", Ident::new as fn(&str, Span) -> Ident), ("raw", Ident::new_raw)] {
            match std::panic::catch_unwind(|| format!("{0} {0:?}", make(name, Span::call_site()))) {
                Ok(text) => println!("{kind} {name:?}: {text}"),
                Err(payload) => println!("{kind} {name:?}: panic {:?}", payload.downcast_ref::<String>()),
            }
        }
    }
    println!(
        "{}",
        Ident::new("é", Span::call_site()).to_string() == Ident::new("e\u{301}", Span::call_site()).to_string()
    );
    TokenStream::new()
}

/// Gives up with the error of a text that is not code.
#[proc_macro]
pub fn unwrap(_input: TokenStream) -> TokenStream {
    "fn f( ".parse().unwrap()
}

/// Parses a text with delimiters that do not match, which panics in the compiler itself: it says so, and goes on.
#[proc_macro]
pub fn mismatched(_input: TokenStream) -> TokenStream {
    parsed("(]");
    "{ ( }".parse().unwrap()
}
