//! A macro crate of which tests make copies: each copy has another number in the place of the marker.

extern crate proc_macro;
use std::sync::atomic::{AtomicUsize, Ordering};

use proc_macro::TokenStream;

static MARKER: &str = "@@MARKER@@";

/// The copy's number and how often this copy was called before.
#[proc_macro]
pub fn number(_input: TokenStream) -> TokenStream {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let number = std::hint::black_box(MARKER).trim_matches('@').trim_start_matches('0');
    let number = if number.is_empty() { "0" } else { number };
    format!("({number}usize, {}usize)", CALLS.fetch_add(1, Ordering::SeqCst)).parse().unwrap()
}
