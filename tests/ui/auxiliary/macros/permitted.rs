//! Macros whose expansions may do what other code may not.
//@ rustc-env: RUSTC_BOOTSTRAP=1

#![feature(allow_internal_unstable, allow_internal_unsafe)]
#![allow(internal_features)]

extern crate proc_macro;
use proc_macro::TokenStream;

/// Uses an unstable function of the standard library.
#[allow_internal_unstable(variant_count, never_heard_of)]
#[proc_macro]
pub fn count(_: TokenStream) -> TokenStream {
    "::core::mem::variant_count::<::core::cmp::Ordering>()".parse().unwrap()
}

/// An item with a type that the language does not have yet.
#[allow_internal_unstable(never_heard_of)]
#[allow_internal_unstable(never_type)]
#[proc_macro_derive(Item)]
pub fn item(_: TokenStream) -> TokenStream {
    "const ITEM: ::core::result::Result<u8, !> = ::core::result::Result::Ok(5);".parse().unwrap()
}

/// Has an `unsafe` block.
#[allow_internal_unsafe]
#[proc_macro]
pub fn first(input: TokenStream) -> TokenStream {
    format!("unsafe {{ *{input}.as_ptr() }}").parse().unwrap()
}
