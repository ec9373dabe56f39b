//! Macros whose output has what clippy looks for: at places of their own, and at places of their caller.

use proc_macro::{Span, TokenStream, TokenTree};

/// Two methods that return needlessly, one with all tokens at the call site, one with all at the name.
#[proc_macro_derive(Told)]
pub fn told(input: TokenStream) -> TokenStream {
    let mut tokens = input.into_iter();
    tokens.find(|token| token.to_string() == "struct");
    let name = tokens.next().expect("a struct has a name");
    let method = |method: &str, span: Span| {
        let body = "return self.x + 0;";
        let text = format!("impl {name} {{ fn {method}(&self) -> u32 {{ {body} }} }}");
        let tokens: TokenStream = text.parse().expect("it is an item");
        tokens.into_iter().map(move |mut token: TokenTree| {
            token.set_span(span);
            token
        })
    };
    let one = method("at_the_call_site", Span::call_site());
    one.chain(method("at_the_name", name.span())).collect()
}

/// Leaves its item as it is.
#[proc_macro_attribute]
pub fn kept(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Leaves its expression as it is.
#[proc_macro]
pub fn same(expression: TokenStream) -> TokenStream {
    expression
}
