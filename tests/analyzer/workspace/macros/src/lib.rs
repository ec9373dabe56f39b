//! Macros of the workspace's own.

use proc_macro::{TokenStream, TokenTree};

/// Gives a type a function that says its name.
#[proc_macro_derive(Named)]
pub fn named(item: TokenStream) -> TokenStream {
    let is_type = |tree: &TokenTree| !matches!(tree.to_string().as_str(), "struct" | "enum");
    let name = item.into_iter().skip_while(is_type).nth(1).expect("a type has a name");
    format!("impl {name} {{ pub fn given_name() -> &'static str {{ \"{name} one\" }} }}").parse().unwrap()
}

#[proc_macro]
pub fn fails(_: TokenStream) -> TokenStream {
    panic!("there is nothing to be had")
}

#[proc_macro]
pub fn ends(_: TokenStream) -> TokenStream {
    std::process::exit(3)
}

#[proc_macro]
pub fn loops(_: TokenStream) -> TokenStream {
    let mut number = 0_u64;
    loop {
        number = std::hint::black_box(number + 1);
    }
}
