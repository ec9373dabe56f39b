//! Arguments that are unknown, doubled or not a visibility, told by proc-macro-error.
//@ edition: 2021
//@ macros: getset
//@ count: 7

use getset::{CopyGetters, Getters, MutGetters, Setters};

#[derive(Getters)]
struct Unknown {
    #[getset(got = "pub")]
    a: u8,
}

#[derive(Getters)]
struct Visibility {
    #[getset(get = "public")]
    a: u8,
}

#[derive(Setters)]
struct Number {
    #[getset(set = 5)]
    a: u8,
}

#[derive(MutGetters)]
struct Twice {
    #[getset(skip, get_mut)]
    a: u8,
}

#[derive(CopyGetters)]
struct Syntax {
    #[getset(get_copy = )]
    a: u8,
}

#[derive(Getters)]
enum Enum {
    A,
}

#[derive(Setters)]
struct Pair(#[getset(set)] u8, u8);

#[derive(CopyGetters)]
struct NotCopy {
    #[getset(get_copy)]
    a: String,
}

fn main() {}
