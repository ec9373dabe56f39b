//! Input that is no item at all: the parser recovers, and the derive sees what is left.

use serde_derive::{Deserialize, Serialize};

#[derive(Serialize)]
fn function() {}

#[derive(Deserialize)]
struct Missing {
    field: ,
}

#[derive(Deserialize)]
struct Unfinished {
    first: u8
    second: u8,
}

#[derive(Serialize)]
enum Odd {
    A = ,
}

#[derive(Serialize)]
struct WithDefault {
    field: u8 = 5,
}
