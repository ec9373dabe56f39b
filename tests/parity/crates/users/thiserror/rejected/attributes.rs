//! Attributes that are missing, doubled or at odds with each other.
//@ edition: 2021
//@ library: thiserror
//@ macros: thiserror_impl
//@ count: 9

use thiserror::Error;

#[derive(Error, Debug)]
enum Missing {
    #[error("a")]
    A,
    B(u8),
}

#[derive(Error, Debug)]
#[error("once")]
#[error("twice")]
struct Twice;

#[derive(Error, Debug)]
#[error(transparent)]
struct Transparent {
    a: std::fmt::Error,
    b: std::fmt::Error,
}

#[derive(Error, Debug)]
#[error("sources")]
struct Sources {
    #[source]
    a: std::fmt::Error,
    #[source]
    b: std::fmt::Error,
}

#[derive(Error, Debug)]
#[error("from")]
struct From2(#[from] std::fmt::Error, u8);

#[derive(Error, Debug)]
#[error(unknown)]
struct Unknown;

#[derive(Error, Debug)]
union Overlay {
    a: u8,
}

#[derive(Error, Debug)]
#[error("a")]
struct Place {
    #[error("on a field")]
    field: u8,
}

fn main() {}
