//! Is another macro for each value that a variable has while it is compiled.

use proc_macro::TokenStream;

#[proc_macro]
pub fn mode(_: TokenStream) -> TokenStream {
    format!("{:?}", option_env!("APP_MODE").unwrap_or("unset")).parse().unwrap()
}
