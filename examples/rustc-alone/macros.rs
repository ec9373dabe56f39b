//! Two macros, without any dependency.

extern crate proc_macro;

use proc_macro::TokenStream;

/// `#[derive(Name)]`: a constant with the name of the type.
#[proc_macro_derive(Name)]
pub fn name(item: TokenStream) -> TokenStream {
    let mut tokens = item.into_iter();
    tokens.find(|token| matches!(&*token.to_string(), "struct" | "enum" | "union"));
    let name = tokens.next().expect("a type has a name");
    format!("impl {name} {{ pub const NAME: &str = \"{name}\"; }}")
        .parse()
        .expect("this is Rust")
}

/// `sum!(1, 2, 3)`: the sum, which the compiler is given as one number.
#[proc_macro]
pub fn sum(numbers: TokenStream) -> TokenStream {
    let numbers = numbers.to_string();
    let sum: u64 = numbers
        .split(',')
        .map(|number| number.trim().parse::<u64>().expect("not a whole number"))
        .sum();
    sum.to_string().parse().expect("a number is Rust")
}
