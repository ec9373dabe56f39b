//! Lines, columns, files, byte ranges and texts, with letters of several bytes, tabs and many lines before a token.

mod places_module;

spans::positions!(a 日本 "übergröße" 'x' b);
	spans::positions!(	tab	é after);
spans::positions! {
    first
        second(third [
    fourth ], {}) r#"raw
text"# last
}
spans::saves!(a b "c");
spans::subspans!("plain" "日本語" b"bytes" 'c' 12345 1.5f32 r#"raw"# c"cstr" "");
spans::joins!(a b (c d) "e");
spans::sets!(a + 日本);

macro_rules! outer { ($($t:tt)*) => { inner!(own $($t)*); } }
macro_rules! inner { ($($t:tt)*) => {
    spans::positions!($($t)* here);
    spans::parents!($($t)* here);
    spans::joins!($($t)* here);
    spans::subspans!("of the macro" $($t)*);
} }
outer!(given "literal");

#[spans::item(with arguments)]
#[derive(spans::Item)]
struct Type<'a> { #[helper(x)] field: &'a [u8; 3], /** Documented. */ second: u8 }

fn main() {}
