//! Attribute macros: some that keep their item, one that replaces it, one that looks at its arguments.

extern crate proc_macro;
use proc_macro::TokenStream;

/// Keeps the item and puts a constant behind it that says arguments and item.
#[proc_macro_attribute]
pub fn record(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let (arguments_text, item_text) = (arguments.to_string(), item.to_string());
    let constant = format!("pub const RECORD: (&str, &str) = ({arguments_text:?}, {item_text:?});");
    let mut output = item;
    output.extend(constant.parse::<TokenStream>().unwrap());
    output
}

/// Keeps the item as it is.
#[proc_macro_attribute]
pub fn keep(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Expands to nothing.
#[proc_macro_attribute]
pub fn erase(_arguments: TokenStream, _item: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Expands to its arguments.
#[proc_macro_attribute]
pub fn replace(arguments: TokenStream, _item: TokenStream) -> TokenStream {
    arguments
}

/// Takes no arguments.
#[proc_macro_attribute]
pub fn strict(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match arguments.into_iter().next() {
        None => item,
        Some(first) => {
            let mut error: TokenStream = "::core::compile_error!{\"`strict` takes no arguments\"}".parse().unwrap();
            let span = first.span();
            error = error
                .into_iter()
                .map(|mut tree| {
                    tree.set_span(span);
                    tree
                })
                .collect();
            error
        }
    }
}
