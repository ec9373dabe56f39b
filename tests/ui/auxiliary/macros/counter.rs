//! Macros that remember, as some real ones do: a library that is loaded once has its statics once.

extern crate proc_macro;
use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use proc_macro::TokenStream;

static COUNTER: AtomicUsize = AtomicUsize::new(0);
static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
thread_local!(static LOCAL: Cell<usize> = const { Cell::new(100) });

fn number(n: usize) -> TokenStream {
    format!("{n}usize").parse().unwrap()
}

/// 0, 1, 2 and so on.
#[proc_macro]
pub fn next(_input: TokenStream) -> TokenStream {
    number(COUNTER.fetch_add(1, Ordering::SeqCst))
}

/// What the next `next!()` will be: two macros share one static.
#[proc_macro]
pub fn peek(_input: TokenStream) -> TokenStream {
    number(COUNTER.load(Ordering::SeqCst))
}

/// Counts in a thread-local variable.
#[proc_macro]
pub fn local(_input: TokenStream) -> TokenStream {
    number(LOCAL.with(|local| local.replace(local.get() + 1)))
}

/// Remembers the type's name for `names!()`.
#[proc_macro_derive(Remember)]
pub fn remember(input: TokenStream) -> TokenStream {
    let words: Vec<String> = input.into_iter().map(|tree| tree.to_string()).collect();
    let name = words.iter().skip_while(|word| *word != "struct").nth(1).expect("a struct has a name");
    NAMES.lock().unwrap().push(name.clone());
    TokenStream::new()
}

/// The names of all types that were remembered so far.
#[proc_macro]
pub fn names(_input: TokenStream) -> TokenStream {
    format!("{:?}", NAMES.lock().unwrap().join(" ")).parse().unwrap()
}
