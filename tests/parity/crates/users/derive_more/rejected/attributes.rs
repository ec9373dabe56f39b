//! Attributes that are wrong, missing, doubled or not for this type.
//@ edition: 2021
//@ library: derive_more
//@ macros: derive_more_impl
//@ count: 14

use derive_more::{Add, Constructor, Deref, Display, Error, From, FromStr, Index, Into, IsVariant, TryInto, Unwrap};

#[derive(Display)]
#[display("{} {}", 1)]
#[display("again")]
struct Twice;

#[derive(Display)]
#[display(unknown = "x")]
struct Unknown;

#[derive(Display)]
struct TwoFields(u8, u8);

#[derive(From)]
#[from(1)]
struct Literal(u8);

#[derive(Into)]
enum IntoEnum {
    A,
}

#[derive(Deref)]
struct Which {
    a: u8,
    b: u8,
}

#[derive(Error)]
struct Sources {
    #[error(source)]
    a: u8,
    #[error(source)]
    b: u8,
}

#[derive(Constructor)]
enum Construct {
    A,
}

#[derive(Index)]
struct Nothing;

#[derive(IsVariant, Unwrap)]
struct NotAnEnum;

#[derive(FromStr)]
enum Fields {
    A(u8),
}

#[derive(TryInto)]
union Overlay {
    a: u8,
}

#[derive(Add)]
union Sum {
    a: u8,
}

fn main() {}
