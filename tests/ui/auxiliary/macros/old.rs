//! A macro crate of edition 2015: what it writes is read by the rules of that edition, whatever its user's is.
//@ edition: 2015

extern crate proc_macro;
use proc_macro::TokenStream;

/// A variable that is called as a keyword of later editions, and a trait object without `dyn`.
#[proc_macro]
pub fn old_words(_input: TokenStream) -> TokenStream {
    "{ let async = 1; let object: Box<::std::fmt::Debug> = Box::new(async); format!(\"{:?}\", object) }".parse().unwrap()
}
