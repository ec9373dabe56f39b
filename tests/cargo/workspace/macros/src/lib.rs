//! A macro crate of the workspace, with syn and quote.

use std::{env, fs, path::PathBuf};

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr, parse_macro_input};

/// What `greeting!` says. Tests of the command write another one.
const GREETING: &str = "hello";

/// `FIELDS`: the names of a struct's fields.
#[proc_macro_derive(Fields)]
pub fn fields(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let syn::Data::Struct(data) = &input.data else {
        return syn::Error::new_spanned(&input.ident, "only structs have fields").to_compile_error().into();
    };
    let names = data.fields.iter().filter_map(|field| field.ident.as_ref()).map(|name| name.to_string());
    let (name, count) = (&input.ident, data.fields.len());
    quote! {
        impl #name {
            pub const FIELDS: [&'static str; #count] = [#(#names),*];
        }
    }
    .into()
}

#[cfg(target_family = "wasm")]
const BUILT_FOR: &str = "wasm";
#[cfg(not(target_family = "wasm"))]
const BUILT_FOR: &str = "native";

/// Which build of this crate has expanded it.
#[proc_macro]
pub fn built_for(_: TokenStream) -> TokenStream {
    quote!(#BUILT_FOR).into()
}

#[proc_macro]
pub fn greeting(_: TokenStream) -> TokenStream {
    let text = if cfg!(feature = "loud") { GREETING.to_uppercase() } else { GREETING.to_owned() };
    quote!(#text).into()
}

/// The words in a file beside this one.
///
/// ```
/// assert_eq!(local_macros::words!().len(), 3);
/// ```
#[proc_macro]
pub fn words(_: TokenStream) -> TokenStream {
    let words = split(include_str!("words.txt"));
    quote!([#(#words),*]).into()
}

/// The text of a file in the package that uses the macro.
#[proc_macro]
pub fn file_text(input: TokenStream) -> TokenStream {
    let name = parse_macro_input!(input as LitStr);
    let dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    match fs::read_to_string(dir.join(name.value())) {
        Ok(text) => quote!(#text).into(),
        Err(error) => syn::Error::new_spanned(name, error).to_compile_error().into(),
    }
}

fn split(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_stand_in_lines() {
        assert_eq!(super::split("one\n\ntwo\n"), ["one", "two"]);
    }
}
