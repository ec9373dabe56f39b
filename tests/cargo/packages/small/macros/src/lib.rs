//! Macros of the program's own, without dependencies.

use proc_macro::TokenStream;

/// What `greeting!` says. Tests write something else here.
const GREETING: &str = "hello";

#[proc_macro]
pub fn greeting(_: TokenStream) -> TokenStream {
    format!("{GREETING:?}").parse().expect("it is a literal")
}

#[cfg(target_family = "wasm")]
const BUILT_FOR: &str = "wasm";
#[cfg(not(target_family = "wasm"))]
const BUILT_FOR: &str = "native";

/// Which build of this crate has expanded it.
#[proc_macro]
pub fn built_for(_: TokenStream) -> TokenStream {
    format!("{BUILT_FOR:?}").parse().expect("it is a literal")
}
