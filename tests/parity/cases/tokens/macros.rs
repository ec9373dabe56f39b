//! Macros that say in full what they are given, and give it back in several ways.

extern crate proc_macro;
use std::fmt::Write;

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

fn describe(stream: TokenStream, depth: usize, text: &mut String) {
    for tree in stream {
        let indent = "  ".repeat(depth);
        match &tree {
            TokenTree::Group(group) => {
                let delimiter = match group.delimiter() {
                    Delimiter::Parenthesis => "()",
                    Delimiter::Brace => "{}",
                    Delimiter::Bracket => "[]",
                    Delimiter::None => "none",
                };
                writeln!(text, "{indent}group {delimiter} {:?}", group.span()).unwrap();
                describe(group.stream(), depth + 1, text);
            }
            TokenTree::Punct(punct) => {
                let spacing = match punct.spacing() {
                    Spacing::Joint => "joint",
                    Spacing::Alone => "alone",
                };
                writeln!(text, "{indent}punct {:?} {spacing} {:?}", punct.as_char(), punct.span()).unwrap();
            }
            TokenTree::Ident(ident) => writeln!(text, "{indent}ident {ident} {:?}", ident.span()).unwrap(),
            TokenTree::Literal(literal) => writeln!(text, "{indent}literal {literal} {:?}", literal.span()).unwrap(),
        }
    }
}

fn show(title: &str, stream: &TokenStream) {
    let mut text = String::new();
    describe(stream.clone(), 1, &mut text);
    print!("{title}\n{text}  as text: {stream}\n  empty: {}\n", stream.is_empty());
}

/// The same tokens, each made anew.
fn rebuilt(stream: TokenStream) -> TokenStream {
    stream.into_iter().map(|tree| again(tree)).collect()
}

fn again(tree: TokenTree) -> TokenTree {
    let span = tree.span();
    let mut tree: TokenTree = match tree {
        TokenTree::Group(group) => Group::new(group.delimiter(), rebuilt(group.stream())).into(),
        TokenTree::Punct(punct) => Punct::new(punct.as_char(), punct.spacing()).into(),
        TokenTree::Ident(ident) => match ident.to_string().strip_prefix("r#") {
            Some(name) => Ident::new_raw(name, Span::call_site()).into(),
            None => Ident::new(&ident.to_string(), Span::mixed_site()).into(),
        },
        TokenTree::Literal(literal) => literal.to_string().parse::<Literal>().unwrap().into(),
    };
    tree.set_span(span);
    tree
}

/// Says what it is given and gives nothing.
#[proc_macro]
pub fn dump(input: TokenStream) -> TokenStream {
    show("dump", &input);
    TokenStream::new()
}

/// Says what it is given by `Debug`.
#[proc_macro]
pub fn debug(input: TokenStream) -> TokenStream {
    println!("{input:?}\n{input:#?}");
    TokenStream::new()
}

/// Gives what it is given.
#[proc_macro]
pub fn same(input: TokenStream) -> TokenStream {
    input
}

/// Gives what it is given, each token made anew.
#[proc_macro]
pub fn rebuild(input: TokenStream) -> TokenStream {
    rebuilt(input)
}

/// Gives what it is given, printed and parsed.
#[proc_macro]
pub fn reparse(input: TokenStream) -> TokenStream {
    input.to_string().parse().unwrap()
}

/// Gives what it is given as a text.
#[proc_macro]
pub fn text(input: TokenStream) -> TokenStream {
    TokenTree::from(Literal::string(&input.to_string())).into()
}

/// Puts what it is given into a group without delimiters.
#[proc_macro]
pub fn grouped(input: TokenStream) -> TokenStream {
    TokenTree::from(Group::new(Delimiter::None, input)).into()
}

/// Says both of its inputs and gives the item.
#[proc_macro_attribute]
pub fn seen(arguments: TokenStream, item: TokenStream) -> TokenStream {
    show("arguments", &arguments);
    show("item", &item);
    item
}

/// Says the item and takes it away.
#[proc_macro_attribute]
pub fn removed(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    show("removed", &item);
    TokenStream::new()
}

/// Gives the item with each token made anew.
#[proc_macro_attribute]
pub fn rebuilt_item(_arguments: TokenStream, item: TokenStream) -> TokenStream {
    rebuilt(item)
}

/// Says the item, with the attributes that are its own.
#[proc_macro_derive(Seen, attributes(helper, other_helper))]
pub fn derive_seen(item: TokenStream) -> TokenStream {
    show("derive", &item);
    TokenStream::new()
}

/// Implements a function that gives the item as a text.
#[proc_macro_derive(Text)]
pub fn derive_text(item: TokenStream) -> TokenStream {
    let mut after_keyword = item.clone().into_iter().skip_while(
        |tree| !matches!(tree, TokenTree::Ident(ident) if ["struct", "enum", "union"].contains(&&*ident.to_string())),
    );
    let name = after_keyword.nth(1).unwrap();
    format!("impl {name} {{ pub fn text() -> &'static str {{ {:?} }} }}", item.to_string()).parse().unwrap()
}
