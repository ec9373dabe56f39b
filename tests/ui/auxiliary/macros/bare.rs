//! A macro crate for a target that has no system at all.

extern crate proc_macro;
use proc_macro::TokenStream;

#[proc_macro]
pub fn reversed(input: TokenStream) -> TokenStream {
    let mut trees: Vec<_> = input.into_iter().collect();
    trees.reverse();
    format!("{:?}", trees.into_iter().collect::<TokenStream>().to_string()).parse().unwrap()
}

#[proc_macro]
pub fn panics(_input: TokenStream) -> TokenStream {
    panic!("even here a panic has its words")
}

#[proc_macro]
pub fn catches(_input: TokenStream) -> TokenStream {
    format!("{}", std::panic::catch_unwind(|| panic!("never seen")).is_err()).parse().unwrap()
}
