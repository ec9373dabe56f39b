//! A macro crate with an ordinary library below it.
//@ dependency: arithmetic

extern crate proc_macro;
use proc_macro::TokenStream;

#[proc_macro]
pub fn triple(input: TokenStream) -> TokenStream {
    let n: u64 = input.to_string().parse().unwrap();
    format!("{}u64", arithmetic::times_three(n)).parse().unwrap()
}
