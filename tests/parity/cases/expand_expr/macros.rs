//! Macros that have the compiler expand what they are given.
#![feature(proc_macro_expand)]

extern crate proc_macro;
use std::error::Error;

use proc_macro::{ExpandError, TokenStream, TokenTree};

fn expanded(title: &str, stream: &TokenStream) -> Result<TokenStream, ExpandError> {
    let result = stream.expand_expr();
    match &result {
        Ok(out) => println!("{title}: {stream} is {out}, {out:?}"),
        Err(error) => println!("{title}: {stream} is an error, {error}, {error:?}, {:?}", error.source().is_some()),
    }
    result
}

/// Says what each part, up to a semicolon, expands to, and gives an array of them.
#[proc_macro]
pub fn each(input: TokenStream) -> TokenStream {
    let (mut out, mut part) = (TokenStream::new(), TokenStream::new());
    for tree in input {
        if tree.to_string() != ";" {
            part.extend([tree]);
            continue;
        }
        if let Ok(literal) = expanded("each", &std::mem::take(&mut part)) {
            out.extend("&".parse::<TokenStream>());
            out.extend(literal);
            out.extend("as &dyn core::fmt::Debug,".parse::<TokenStream>());
        }
    }
    TokenTree::from(proc_macro::Group::new(proc_macro::Delimiter::Bracket, out)).into()
}

/// Expands its input and gives the text with marks around it. Calls of it can be nested.
#[proc_macro]
pub fn marked(input: TokenStream) -> TokenStream {
    let inner = expanded("marked", &input).unwrap();
    format!("\"<{}>\"", inner.to_string().trim_matches('"')).parse().unwrap()
}

/// Panics.
#[proc_macro]
pub fn panics(_input: TokenStream) -> TokenStream {
    panic!("in a nested expansion")
}

/// Expands an empty stream, which is told without asking.
#[proc_macro]
pub fn nothing(_input: TokenStream) -> TokenStream {
    let _ = expanded("new", &TokenStream::new());
    let _ = expanded("parsed", &"".parse().unwrap());
    TokenStream::new()
}
