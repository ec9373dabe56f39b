//! Macros with attributes for those who use them.

#![doc(html_root_url = "https://documented.example/1.0")]

extern crate proc_macro;
use proc_macro::TokenStream;

/// Gives back what it gets.
///
///     code
///
/// See [`Documented`].
#[deprecated(since = "1.2.0", note = "write it \"yourself\"\nor not")]
#[proc_macro]
pub fn old(input: TokenStream) -> TokenStream {
    input
}

#[deprecated = "the item is enough"]
#[doc(hidden)]
#[proc_macro_attribute]
pub fn older(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/** Derives nothing,
 *
 * * at all ü
 *
 *     code
 */
/// And
///  * a list:
///     code of it
#[doc = concat!("From ", "an expression.")]
#[doc = "  - indented"]
#[deprecated]
#[proc_macro_derive(Documented, attributes(helper))]
pub fn documented(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/**
Not deprecated.

    code
*/
#[doc(alias = "present_day")]
#[doc(alias("back\\slash", "two words"))]
#[proc_macro]
pub fn current(input: TokenStream) -> TokenStream {
    input
}
