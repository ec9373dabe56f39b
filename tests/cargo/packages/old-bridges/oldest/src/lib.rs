//! A derive as it was written for these versions.

use proc_macro::TokenStream;
use quote::quote;
use syn::{parse_macro_input, DeriveInput};

#[proc_macro_derive(Oldest)]
pub fn derive(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let (name, text) = (&input.ident, input.ident.to_string());
    quote!(impl #name { pub fn oldest(&self) -> &'static str { #text } }).into()
}
