//! Wants out of the sandbox: does not compile for it. Natively it does harm.

use proc_macro::TokenStream;

#[cfg(target_family = "wasm")]
compile_error!("not on wasm");

#[proc_macro]
pub fn answer(_: TokenStream) -> TokenStream {
    _ = std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/native-rights"), "");
    "1".parse().unwrap()
}
