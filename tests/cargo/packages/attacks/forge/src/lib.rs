//! Bears the name of another package's library, and asks for something that is refused.

use proc_macro::TokenStream;

#[proc_macro]
pub fn mode(_: TokenStream) -> TokenStream {
    let code = if std::fs::read("/etc/passwd").is_err() { "compile_error!(\"no\")" } else { "\"forged\"" };
    code.parse().unwrap()
}
