//! One macro of each kind, each as small as can be. The bad modules are made from this crate.

extern crate proc_macro;
use proc_macro::TokenStream;

#[proc_macro_derive(Plain, attributes(plain_helper))]
pub fn plain_derive(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}

#[proc_macro_attribute]
pub fn plain_attr(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    item
}

#[proc_macro]
pub fn plain(_input: TokenStream) -> TokenStream {
    "\"plain\"".parse().unwrap()
}
