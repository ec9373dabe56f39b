//! A macro whose source does not compile for Wasm.

use proc_macro::TokenStream;

#[cfg(target_family = "wasm")]
compile_error!("this macro needs threads");

#[proc_macro]
pub fn threads(_: TokenStream) -> TokenStream {
    let number = std::thread::spawn(|| 7).join().expect("it does not panic");
    number.to_string().parse().expect("it is a number")
}
