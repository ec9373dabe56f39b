//! What the derive accepts and the type checker refuses afterwards: the errors point through the expansion.

use serde_derive::{Deserialize, Serialize};

struct NotSerde;

#[derive(Serialize, Deserialize)]
struct FieldWithoutTrait {
    fine: u8,
    not_fine: NotSerde,
}

#[derive(Serialize, Deserialize)]
struct NoDefault {
    #[serde(default)]
    field: NotSerde,
    #[serde(skip)]
    skipped: std::num::NonZeroU8,
}

#[derive(Serialize, Deserialize)]
#[serde(from = "u8", into = "u16")]
struct NoConversion;

#[derive(Deserialize)]
struct NotBorrowed<'a> {
    list: Vec<&'a str>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "std::time::Duration")]
struct WrongRemote {
    secs: u64,
}

#[derive(Serialize, Deserialize)]
struct __Visitor<'a, T>(&'a T);

#[derive(Serialize, Deserialize)]
struct Lints {
    #[serde(default)]
    Unusual_Name: u8,
}

#[deprecated]
#[derive(Serialize, Deserialize)]
struct Deprecated {
    #[deprecated]
    field: u8,
}

#[derive(Deserialize)]
enum Unreachable {
    A,
    #[serde(alias = "A")]
    B,
}
