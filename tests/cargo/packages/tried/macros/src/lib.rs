//! A macro that is an error, and says which build of it ran.

use proc_macro::TokenStream;

#[cfg(target_family = "wasm")]
const BUILT_FOR: &str = "wasm";
#[cfg(not(target_family = "wasm"))]
const BUILT_FOR: &str = "native";

/// An error with the value of a variable that has to be granted.
#[proc_macro]
pub fn refused(_: TokenStream) -> TokenStream {
    let granted = std::env::var("TRIED_WORD").unwrap_or_else(|error| error.to_string());
    format!("compile_error!(\"{granted}, {BUILT_FOR}\");").parse().expect("it is an item")
}
