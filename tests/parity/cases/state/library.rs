//! A library that expands macros of the same crate, in a compilation of its own.
//@ part: a library
//@ macros: macros

pub use state;

pub const NUMBERS: [usize; 2] = [state::number!(library), state::number!(library)];

#[macro_export]
macro_rules! number_of_user {
    ($($x:tt)*) => { $crate::state::number!($($x)*) };
}
