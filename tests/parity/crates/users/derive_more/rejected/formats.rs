//! Format strings of `Display` and `Debug` whose arguments are not there or cannot be shown.
//@ edition: 2021
//@ library: derive_more
//@ macros: derive_more_impl
//@ count: 6

use derive_more::{Debug, Display};

struct Opaque;

#[derive(Display)]
#[display("{missing}")]
struct Missing {
    other: u8,
}

#[derive(Display)]
#[display("{_1}")]
struct Index(u8);

#[derive(Display)]
#[display("{_0:x}")]
struct Trait(Opaque);

#[derive(Debug)]
#[debug("{unclosed")]
struct Unclosed {
    unclosed: u8,
}

#[derive(Debug)]
struct Field {
    #[debug("{}")]
    opaque: Opaque,
    #[debug("{}")]
    few: u8,
}

fn main() {}
