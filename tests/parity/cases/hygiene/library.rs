//! A library whose macros by example call procedural ones, with `$crate`.
//@ part: a library
//@ macros: macros

pub use hygiene;

pub const LOCAL: &str = "the library's";

pub fn twice(x: u8) -> u8 {
    2 * x
}

hygiene::defines!();

#[macro_export]
macro_rules! nested {
    ($x:ident, $y:expr) => {{
        let local = 1;
        $crate::hygiene::local_at_call!();
        let $x = $y;
        $crate::hygiene::mixed_items!(fn of_macro() -> &'static str { $crate::LOCAL });
        let value = Made.value();
        (local, $x, value, of_macro(), $crate::hygiene::uses!(local call))
    }};
}
