//! Function-like macros for every place where one can stand.

extern crate proc_macro;
use proc_macro::{TokenStream, TokenTree};

/// An expression, a pattern and a constant alike.
#[proc_macro]
pub fn answer(_input: TokenStream) -> TokenStream {
    "42".parse().unwrap()
}

/// What it was given.
#[proc_macro]
pub fn echo(input: TokenStream) -> TokenStream {
    input
}

/// What it was given, token by token through this crate's hands.
#[proc_macro]
pub fn rebuild(input: TokenStream) -> TokenStream {
    fn rebuild(input: TokenStream) -> TokenStream {
        input
            .into_iter()
            .map(|tree| match tree {
                TokenTree::Group(group) => {
                    let mut rebuilt = proc_macro::Group::new(group.delimiter(), rebuild(group.stream()));
                    rebuilt.set_span(group.span());
                    rebuilt.into()
                }
                other => other,
            })
            .collect()
    }
    rebuild(input)
}

/// The tokens as a string.
#[proc_macro]
pub fn text(input: TokenStream) -> TokenStream {
    format!("{:?}", input.to_string()).parse().unwrap()
}

/// The tokens as `Debug` has them, without the spans, which depend on the place.
#[proc_macro]
pub fn kinds(input: TokenStream) -> TokenStream {
    fn kinds(input: TokenStream, output: &mut String) {
        for tree in input {
            match tree {
                TokenTree::Group(group) => {
                    output.push_str(&format!("{:?}[", group.delimiter()));
                    kinds(group.stream(), output);
                    output.push_str("] ");
                }
                TokenTree::Ident(ident) => output.push_str(&format!("Ident({ident}) ")),
                TokenTree::Punct(punct) => output.push_str(&format!("Punct({} {:?}) ", punct.as_char(), punct.spacing())),
                TokenTree::Literal(literal) => output.push_str(&format!("Literal({literal}) ")),
            }
        }
    }
    let mut output = String::new();
    kinds(input, &mut output);
    format!("{:?}", output.trim_end()).parse().unwrap()
}

/// How many tokens there are, those in groups included.
#[proc_macro]
pub fn count(input: TokenStream) -> TokenStream {
    fn count(input: TokenStream) -> usize {
        input
            .into_iter()
            .map(|tree| match tree {
                TokenTree::Group(group) => 1 + count(group.stream()),
                _ => 1,
            })
            .sum()
    }
    format!("{}usize", count(input)).parse().unwrap()
}

/// A tuple type of as many `u8` as the number says.
#[proc_macro]
pub fn tuple(input: TokenStream) -> TokenStream {
    let n: usize = input.to_string().parse().unwrap();
    format!("({})", "u8,".repeat(n)).parse().unwrap()
}

/// An array of as many numbers as the number says, from 0 on: output as long as one likes.
#[proc_macro]
pub fn range(input: TokenStream) -> TokenStream {
    let n: u32 = input.to_string().parse().unwrap();
    let numbers: Vec<String> = (0..n).map(|number| format!("{number}u32")).collect();
    format!("[{}]", numbers.join(",")).parse().unwrap()
}

/// An expression in as many parentheses as the number says.
#[proc_macro]
pub fn deep(input: TokenStream) -> TokenStream {
    let n: usize = input.to_string().parse().unwrap();
    let mut stream: TokenStream = "7".parse().unwrap();
    for _ in 0..n {
        stream = TokenTree::from(proc_macro::Group::new(proc_macro::Delimiter::Parenthesis, stream)).into();
    }
    stream
}

/// `macro_rules!` of that name, which other macros can use.
#[proc_macro]
pub fn define(input: TokenStream) -> TokenStream {
    format!("macro_rules! {input} {{ ($($t:tt)*) => {{ ({:?}, stringify!($($t)*)) }} }}", input.to_string()).parse().unwrap()
}
