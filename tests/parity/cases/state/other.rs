//! Another macro crate, whose state is its own.
//@ part: a macro crate

extern crate proc_macro;
use std::sync::atomic::{AtomicUsize, Ordering};

use proc_macro::TokenStream;

static COUNTER: AtomicUsize = AtomicUsize::new(1000);

/// Gives the number of the expansion.
#[proc_macro]
pub fn number(_input: TokenStream) -> TokenStream {
    COUNTER.fetch_add(1, Ordering::SeqCst).to_string().parse().unwrap()
}
