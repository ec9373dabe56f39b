//! A macro that reads a file of the system.

use proc_macro::TokenStream;

#[proc_macro]
pub fn first_word(_: TokenStream) -> TokenStream {
    let code = match std::fs::read_to_string("/proc/version") {
        Ok(text) => format!("{:?}", text.split_whitespace().next().unwrap_or_default()),
        Err(error) => format!("compile_error!({:?})", error.to_string()),
    };
    code.parse().expect("it is Rust")
}
