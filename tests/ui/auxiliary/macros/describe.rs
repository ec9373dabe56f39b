//! Derives that tell what they were given: the type's name, its fields, and what stands in helper attributes.

extern crate proc_macro;
use proc_macro::{Delimiter, TokenStream, TokenTree};

/// The identifier after `struct`, `enum` or `union`.
fn type_name(input: &TokenStream) -> String {
    let mut trees = input.clone().into_iter();
    while let Some(tree) = trees.next() {
        if ["struct", "enum", "union"].contains(&tree.to_string().as_str()) {
            return trees.next().expect("a type has a name").to_string();
        }
    }
    panic!("neither a struct nor an enum nor a union");
}

/// The identifiers that stand before a `:` in the type's braces.
fn fields(input: &TokenStream) -> Vec<String> {
    let mut fields = Vec::new();
    for tree in input.clone() {
        let TokenTree::Group(group) = tree else { continue };
        if group.delimiter() != Delimiter::Brace {
            continue;
        }
        let trees: Vec<TokenTree> = group.stream().into_iter().collect();
        for pair in trees.windows(2) {
            if let [TokenTree::Ident(name), TokenTree::Punct(colon)] = pair
                && colon.as_char() == ':'
            {
                fields.push(name.to_string());
            }
        }
    }
    fields
}

/// The arguments of every attribute of that name, however deep it stands.
fn notes(input: TokenStream, name: &str, found: &mut Vec<String>) {
    for tree in input {
        let TokenTree::Group(group) = tree else { continue };
        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
        match &*inner {
            [TokenTree::Ident(ident), rest @ ..] if group.delimiter() == Delimiter::Bracket && ident.to_string() == name => {
                found.push(rest.iter().cloned().collect::<TokenStream>().to_string());
            }
            _ => notes(group.stream(), name, found),
        }
    }
}

/// Says type and fields.
#[proc_macro_derive(Describe)]
pub fn describe(input: TokenStream) -> TokenStream {
    let name = type_name(&input);
    let fields = fields(&input);
    format!("impl {name} {{ pub const DESCRIPTION: &'static str = {:?}; }}", format!("{name} {fields:?}")).parse().unwrap()
}

/// Says what the helper attributes `#[note(...)]` and `#[remark(...)]` hold.
#[proc_macro_derive(Notes, attributes(note, remark))]
pub fn derive_notes(input: TokenStream) -> TokenStream {
    let name = type_name(&input);
    let (mut noted, mut remarked) = (Vec::new(), Vec::new());
    notes(input.clone(), "note", &mut noted);
    notes(input, "remark", &mut remarked);
    format!("impl {name} {{ pub const NOTES: (&'static [&'static str], &'static [&'static str]) = (&{noted:?}, &{remarked:?}); }}")
        .parse()
        .unwrap()
}

/// Expands to nothing, but lets helper attributes pass.
#[proc_macro_derive(Silent, attributes(silent))]
pub fn silent(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Expands to what no item can be.
#[proc_macro_derive(Garbage)]
pub fn garbage(_input: TokenStream) -> TokenStream {
    "impl impl 1 + ;".parse().unwrap()
}

/// A derive whose name is a keyword and whose helper is one too.
#[proc_macro_derive(r#type, attributes(r#match))]
pub fn keyword(input: TokenStream) -> TokenStream {
    let name = type_name(&input);
    format!("impl {name} {{ pub const KEYWORD: bool = true; }}").parse().unwrap()
}

/// A derive with a name that is not ASCII.
#[proc_macro_derive(Größe)]
pub fn größe(input: TokenStream) -> TokenStream {
    let name = type_name(&input);
    format!("impl {name} {{ pub const GRÖSSE: usize = {}; }}", fields(&input).len()).parse().unwrap()
}
