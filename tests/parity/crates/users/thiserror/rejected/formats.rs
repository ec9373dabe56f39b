//! Format strings whose arguments are not there or cannot be shown; the errors point into the string.
//@ edition: 2021
//@ library: thiserror
//@ macros: thiserror_impl
//@ count: 7

use thiserror::Error;

struct Opaque;

#[derive(Error, Debug)]
enum Formats {
    #[error("there is no {field} here")]
    NoField { other: u8 },
    #[error("nor a {3}")]
    NoIndex(u8),
    #[error("{unclosed")]
    Unclosed { unclosed: u8 },
    #[error("{text:x}")]
    Trait { text: String },
    #[error("{} {}", .0)]
    TooFew(u8),
    #[error("é {missing:>5} ü")]
    Unicode,
}

#[derive(Error, Debug)]
enum Ambiguous {
    #[error("{0:?}", 1, 2)]
    Positional(u8),
}

#[derive(Error, Debug)]
#[error("{0}")]
struct Shown(Opaque);

fn main() {}
