//! Attributes that serde does not know, or not in that form: each error must point where the native macro's points.

use serde_derive::{Deserialize, Serialize};

#[derive(Serialize)]
#[serde(unknown)]
struct UnknownContainer;

#[derive(Deserialize)]
struct UnknownField {
    #[serde(unknown = "value")]
    field: u8,
}

#[derive(Serialize, Deserialize)]
enum UnknownVariant {
    #[serde(unknown(nested))]
    Variant,
}

#[derive(Serialize)]
#[serde(rename = 1)]
struct NotAString;

#[derive(Serialize)]
#[serde(rename)]
struct NoValue;

#[derive(Serialize)]
#[serde(rename_all = "nope case")]
struct UnknownCase {
    field: u8,
}

#[derive(Serialize)]
#[serde(rename(serialise = "x"))]
struct UnknownDirection;

#[derive(Serialize)]
#[serde]
struct NoParentheses;

#[derive(Serialize)]
#[serde = "text"]
struct NameValue;

#[derive(Serialize)]
#[serde(rename = "a" "b")]
struct MissingComma;

#[derive(Serialize)]
#[serde(rename = "a", 5)]
struct Literal;

#[derive(Serialize)]
#[serde(::path::to = "x")]
struct Path;

#[derive(Serialize)]
#[serde(rename = "first", rename = "second")]
struct Twice;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, deny_unknown_fields)]
struct FlagTwice {
    #[serde(default, default = "f")]
    field: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields = "yes")]
struct FlagWithValue;

#[derive(Deserialize)]
#[serde(bound = "T: ")]
struct UnfinishedBound<T>(T);

#[derive(Deserialize)]
#[serde(bound = "not a bound")]
struct BadBound<T>(T);

#[derive(Deserialize)]
#[serde(crate = "not a path!")]
struct BadCrate;

#[derive(Deserialize)]
#[serde(from = "not a type!")]
struct BadType;

#[derive(Deserialize)]
struct BadPaths {
    #[serde(default = "not a path!")]
    first: u8,
    #[serde(with = "")]
    second: u8,
    #[serde(skip_serializing_if = "1")]
    third: u8,
    #[serde(deserialize_with = "größe größer")]
    fourth: u8,
}

#[derive(Deserialize)]
struct Misplaced {
    #[serde(tag = "t")]
    first: u8,
    #[serde(transparent)]
    second: u8,
    #[serde(untagged, other)]
    third: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(flatten, skip, borrow)]
struct MisplacedOnContainer;

macro_rules! through_a_macro {
    ($name:ident, $($attribute:tt)*) => {
        #[derive(Serialize)]
        #[serde($($attribute)*)]
        struct $name;
    };
}

through_a_macro!(ThroughAMacro, unknown = "from a macro");
