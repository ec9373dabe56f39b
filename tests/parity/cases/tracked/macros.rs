//! Macros that ask for what the compiler tracks: environment variables and files.
#![feature(proc_macro_tracked_env, proc_macro_tracked_path)]

extern crate proc_macro;
use proc_macro::{TokenStream, TokenTree, is_available, tracked};

fn names(input: TokenStream) -> impl Iterator<Item = String> {
    let literals = input.into_iter().filter(|tree| matches!(tree, TokenTree::Literal(_)));
    literals.map(|literal| literal.to_string().trim_matches('"').to_owned())
}

/// Says the value of each variable, and tracks it.
#[proc_macro]
pub fn variables(input: TokenStream) -> TokenStream {
    for name in names(input) {
        println!("{name}: {:?}", tracked::env_var(&*name));
    }
    TokenStream::new()
}

/// Tracks files.
#[proc_macro]
pub fn files(input: TokenStream) -> TokenStream {
    for name in names(input) {
        tracked::path(name);
    }
    TokenStream::new()
}

/// Says whether there is a compiler to ask: here, and while unwinding.
#[proc_macro]
pub fn available(_input: TokenStream) -> TokenStream {
    struct Witness;
    impl Drop for Witness {
        fn drop(&mut self) {
            println!("while unwinding: {}", is_available());
        }
    }
    println!("{}", is_available());
    let _ = std::panic::catch_unwind(|| {
        let _witness = Witness;
        panic!("unwinds");
    });
    println!("{}", is_available());
    TokenStream::new()
}
