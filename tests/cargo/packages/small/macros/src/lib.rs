//! Macros of the program's own, without dependencies.

use proc_macro::TokenStream;

/// What `greeting!` says. Tests write something else here.
const GREETING: &str = "hello";

#[proc_macro]
pub fn greeting(_: TokenStream) -> TokenStream {
    format!("{GREETING:?}").parse().expect("it is a literal")
}

/// Which build of this crate has expanded it.
#[proc_macro]
pub fn built_for(_: TokenStream) -> TokenStream {
    let kind = if cfg!(target_family = "wasm") { "wasm" } else { "native" };
    format!("{kind:?}").parse().expect("it is a literal")
}
