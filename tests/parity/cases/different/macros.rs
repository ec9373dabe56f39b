//! Macros that are different on purpose when they are built for Wasm: every channel has to tell.
#![feature(proc_macro_tracked_path)]

extern crate proc_macro;
use proc_macro::TokenStream;

#[cfg(target_family = "wasm")]
const NUMBER: u8 = 1;
#[cfg(not(target_family = "wasm"))]
const NUMBER: u8 = 2;

/// Another token.
#[proc_macro]
pub fn number(_input: TokenStream) -> TokenStream {
    NUMBER.to_string().parse().unwrap()
}

/// Another line on the compiler's stdout, stderr, and in dep-info.
#[proc_macro]
pub fn say(_input: TokenStream) -> TokenStream {
    println!("stdout {NUMBER}");
    eprintln!("stderr {NUMBER}");
    proc_macro::tracked::path(format!("file_{NUMBER}"));
    TokenStream::new()
}
