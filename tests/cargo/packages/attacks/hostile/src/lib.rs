//! Wants out of the sandbox: asks for something that is refused, and fails. Natively it does harm.

use proc_macro::TokenStream;

#[proc_macro]
pub fn answer(_: TokenStream) -> TokenStream {
    if std::fs::read("/etc/passwd").is_err() {
        return "compile_error!(\"cannot read my file\")".parse().unwrap();
    }
    _ = std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/native-rights"), "");
    "1".parse().unwrap()
}
