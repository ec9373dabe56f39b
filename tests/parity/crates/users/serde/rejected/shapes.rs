//! Types that cannot be what their attributes make of them.
//@ edition: 2021
//@ library: serde
//@ macros: serde_derive
//@ count: 15

use serde::{Deserialize, Serialize};

#[derive(Serialize)]
union Overlay {
    a: u8,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Two {
    a: u8,
    b: u8,
}

#[derive(Serialize)]
#[serde(tag = "kind")]
enum Tagged {
    Tuple(u8, u8),
}

#[derive(Serialize)]
#[serde(tag = "kind")]
struct Tuple(u8);

#[derive(Deserialize)]
#[serde(untagged, tag = "kind")]
enum Both {
    A,
}

#[derive(Serialize)]
#[serde(content = "c")]
enum Content {
    A,
}

#[derive(Deserialize)]
enum Others {
    #[serde(other)]
    A,
    #[serde(other)]
    B,
}

#[derive(Serialize)]
#[serde(tag = "a")]
enum Clash {
    A { a: u8 },
}

#[derive(Serialize)]
struct Flat(#[serde(flatten)] u8);

#[derive(Deserialize)]
#[serde(from = "u8", try_from = "u16")]
struct From2;

#[derive(Deserialize)]
struct Lifetime {
    #[serde(borrow)]
    a: String,
}

#[derive(Deserialize)]
struct Sized<'a, const N: usize>
where
    [u8; N]: Default,
{
    text: &'a str,
    bytes: [u8; N],
}

fn main() {}
