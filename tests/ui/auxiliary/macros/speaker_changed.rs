//! The other build of `speaker.rs`, of the same crate name.
//@ crate-name: speaker

extern crate proc_macro;
use proc_macro::TokenStream;

#[proc_macro]
pub fn speak(_input: TokenStream) -> TokenStream {
    "\"the changed speaker\"".parse().unwrap()
}

#[proc_macro_derive(Speak)]
pub fn derive_speak(input: TokenStream) -> TokenStream {
    let name = input.into_iter().skip_while(|tree| tree.to_string() != "struct").nth(1).unwrap();
    format!("impl {name} {{ pub fn speak(&self) -> &'static str {{ \"derived by the changed speaker\" }} }}").parse().unwrap()
}
