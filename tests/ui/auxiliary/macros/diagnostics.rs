//! Macros that speak through the compiler's own diagnostics and nested expansion, which are unstable.
//@ rustc-env: RUSTC_BOOTSTRAP=1

#![feature(proc_macro_diagnostic, proc_macro_expand, proc_macro_quote, proc_macro_def_site, proc_macro_tracked_path, proc_macro_tracked_env)]

extern crate proc_macro;
use proc_macro::{Diagnostic, Ident, Level, Literal, Span, TokenStream, TokenTree, quote};

/// An error at all tokens, a note at the first, a help at the last, a warning of its own.
#[proc_macro]
pub fn complain(input: TokenStream) -> TokenStream {
    let spans: Vec<Span> = input.into_iter().map(|tree| tree.span()).collect();
    Diagnostic::spanned(spans.clone(), Level::Error, "these tokens are unwelcome")
        .span_note(spans[0], "the first of them")
        .span_help(spans[spans.len() - 1], "leave out the last one")
        .note("a note without a place")
        .emit();
    Diagnostic::spanned(spans[0], Level::Warning, "a warning of its own").emit();
    TokenStream::new()
}

/// Warns, and expands to 1.
#[proc_macro]
pub fn warn(_input: TokenStream) -> TokenStream {
    Span::call_site().warning("the macro is not happy").note("but it works").emit();
    quote!(1)
}

/// The literal that the tokens expand to, which may hold macros, this crate's too.
#[proc_macro]
pub fn evaluate(input: TokenStream) -> TokenStream {
    let expanded = input.expand_expr().expect("it is an expression");
    match expanded.into_iter().next() {
        Some(TokenTree::Literal(literal)) => {
            TokenTree::from(Literal::string(&format!("evaluated {literal}"))).into()
        }
        other => panic!("not a literal: {other:?}"),
    }
}

/// `quote!`, which is a macro of `proc_macro` itself.
#[proc_macro]
pub fn quoted(input: TokenStream) -> TokenStream {
    quote!({ let value = $input; value + 1 })
}

/// A variable with a `def_site` span, which nobody else can name.
#[proc_macro]
pub fn def_site(input: TokenStream) -> TokenStream {
    let name = TokenTree::from(Ident::new("secret", Span::def_site()));
    quote!({ let $name = 5; $input + $name })
}

/// Tells the compiler of an environment variable and of a file.
#[proc_macro]
pub fn track(_input: TokenStream) -> TokenStream {
    let value = proc_macro::tracked::env_var("TRACKED_BY_MACRO").unwrap_or_default();
    proc_macro::tracked::path("tracked-by-macro.txt");
    format!("{value:?}").parse().unwrap()
}

/// As many warnings as the first number says, each with that many bytes as the second one says.
#[proc_macro]
pub fn flood(input: TokenStream) -> TokenStream {
    let numbers: Vec<usize> = input.into_iter().filter_map(|tree| tree.to_string().parse().ok()).collect();
    for number in 0..numbers[0] {
        Diagnostic::new(Level::Warning, format!("{number} {}", "x".repeat(numbers[1]))).emit();
    }
    TokenStream::new()
}
