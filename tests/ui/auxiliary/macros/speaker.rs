//! Says which of two builds of one crate it is. The other is `speaker_changed.rs`.

extern crate proc_macro;
use proc_macro::TokenStream;

#[proc_macro]
pub fn speak(_input: TokenStream) -> TokenStream {
    "\"the first speaker\"".parse().unwrap()
}

#[proc_macro_derive(Speak)]
pub fn derive_speak(input: TokenStream) -> TokenStream {
    let name = input.into_iter().skip_while(|tree| tree.to_string() != "struct").nth(1).unwrap();
    format!("impl {name} {{ pub fn speak(&self) -> &'static str {{ \"derived by the first speaker\" }} }}").parse().unwrap()
}
