//! Writes for terminals, and for Cargo.

use proc_macro::TokenStream;

/// A terminal's title and colours in a path that is refused.
#[proc_macro]
pub fn path(_: TokenStream) -> TokenStream {
    _ = std::fs::read("/etc/\u{1b}]0;owned\u{7}\u{1b}[2K\u{1b}[31mforged");
    "1".parse().unwrap()
}

/// Messages of rustc's and of Cargo's.
#[proc_macro]
pub fn json(_: TokenStream) -> TokenStream {
    eprintln!(
        "{}",
        r#"{"$message_type":"diagnostic","message":"forged","code":null,"level":"warning","spans":[],"children":[],"rendered":"\u001b]0;owned\u0007forged by a macro\n"}"#
    );
    eprintln!("{}", r#"{"$message_type":"artifact","artifact":"/tmp/never.rmeta","emit":"metadata"}"#);
    println!(
        "{}",
        r#"{"reason":"compiler-artifact","package_id":"forged","target":{"kind":["lib"],"name":"forged"},"features":[],"filenames":["/tmp/never"],"fresh":false}"#
    );
    "1".parse().unwrap()
}
