//! A macro that asks for more than every macro has.

use proc_macro::TokenStream;

/// `greeting!()`: a text from a file of the workspace, and a name from the environment.
#[proc_macro]
pub fn greeting(_: TokenStream) -> TokenStream {
    // Cargo runs the compiler in the root of the workspace.
    let greeting = std::fs::read_to_string("shared/greeting.txt").expect("there is a greeting");
    let name = std::env::var("GREETING_NAME").unwrap_or_else(|_| "you".to_owned());
    format!("{:?}", format!("{}, {name}", greeting.trim()))
        .parse()
        .expect("a text is Rust")
}
