//! Attributes that serde does not know, with values that it does not take, or twice.
//@ edition: 2021
//@ library: serde
//@ macros: serde_derive
//@ count: 14

use serde::{Deserialize, Serialize};

#[derive(Serialize)]
#[serde(rename_all = "sHOUTING", unknown, deny_unknown_fields = true)]
struct Container {
    #[serde(rename = 3)]
    number: u8,
    #[serde(rename = "a", rename = "b")]
    twice: u8,
    #[serde(skip_serializing_if = "not a path")]
    path: u8,
    #[serde(with = "")]
    empty: u8,
    #[serde("text")]
    text: u8,
    #[serde = "value"]
    value: u8,
    #[serde(rename(serialize = "x", unserialize = "y"))]
    nested: u8,
}

#[derive(Deserialize)]
enum Variants {
    #[serde(alias)]
    NoValue,
    #[serde(bound = "T: ")]
    Bound(u8),
    #[serde(borrow = "'a + 'b")]
    Borrowed(u8),
    #[serde(default)]
    Defaulted,
}

mod later {
    //! What only the compiler finds out about what was generated.
    use serde::{Deserialize, Serialize};

    struct NotSerializable;

    #[derive(Serialize, Deserialize)]
    struct Holder {
        #[serde(skip_deserializing)]
        field: NotSerializable,
    }
}

fn main() {}
