//! Macros that ask for things beside their input, and return what came of it as a string.
//@ rustc-env: RUSTC_BOOTSTRAP=1

#![feature(proc_macro_expand, proc_macro_tracked_env, proc_macro_tracked_path, proc_macro_diagnostic, proc_macro_value)]

extern crate proc_macro;
use proc_macro::{Diagnostic, Level, Literal, TokenStream, TokenTree};

/// The words of the input, which is one string.
fn words(input: TokenStream) -> Vec<String> {
    let Some(TokenTree::Literal(literal)) = input.into_iter().next() else { panic!("expected a string") };
    let text = literal.str_value().expect("a string");
    text.split(' ').map(str::to_owned).collect()
}

fn string(text: impl std::fmt::Debug) -> TokenStream {
    TokenTree::from(Literal::string(&format!("{text:?}"))).into()
}

/// Files, by their paths.
#[proc_macro]
pub fn files(input: TokenStream) -> TokenStream {
    let read = |path: String| std::fs::read_to_string(path).map_err(|error| error.kind());
    string(words(input).into_iter().map(read).collect::<Vec<_>>())
}

/// So many files that are not there.
#[proc_macro]
pub fn many_files(input: TokenStream) -> TokenStream {
    let count: u32 = words(input)[0].parse().unwrap();
    string((0..count).filter(|number| std::fs::read(format!("/no/such/file/{number}")).is_ok()).count())
}

/// As `files`, and panics at the end.
#[proc_macro]
pub fn files_and_panic(input: TokenStream) -> TokenStream {
    panic!("{}", files(input));
}

/// Variables, by their names.
#[proc_macro]
pub fn variables(input: TokenStream) -> TokenStream {
    string(words(input).into_iter().map(|name| std::env::var(name)).collect::<Vec<_>>())
}

/// The names of all variables that begin like that.
#[proc_macro]
pub fn all_variables(input: TokenStream) -> TokenStream {
    let start = &words(input)[0];
    let mut names: Vec<_> = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with(start)).collect();
    names.sort();
    string(names)
}

#[proc_macro]
pub fn tracked_variable(input: TokenStream) -> TokenStream {
    string(proc_macro::tracked::env_var(&words(input)[0]))
}

/// Tracks a path with the escapes of Rust in it.
#[proc_macro]
pub fn tracked_path(input: TokenStream) -> TokenStream {
    proc_macro::tracked::path(words(input).join(" "));
    string(())
}

/// What the input expands to, which is `env!(…)` or its kin.
#[proc_macro]
pub fn expanded(input: TokenStream) -> TokenStream {
    string(input.expand_expr().map(|tokens| tokens.to_string()).map_err(|_| ()))
}

/// Returns an invocation of `env!` with the name.
#[proc_macro]
pub fn output_env(input: TokenStream) -> TokenStream {
    format!("::core::env!({:?})", words(input)[0]).parse().unwrap()
}

/// Says the text by a diagnostic of its own.
#[proc_macro]
pub fn say(input: TokenStream) -> TokenStream {
    let text = words(input).join(" ");
    Diagnostic::new(Level::Warning, &*text).note(&*text).help(&*text).emit();
    string(())
}

#[proc_macro]
pub fn panic_with(input: TokenStream) -> TokenStream {
    panic!("{}", words(input).join(" "))
}
