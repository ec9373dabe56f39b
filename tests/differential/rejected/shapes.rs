//! Types and combinations of attributes that serde refuses.

use serde_derive::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
union Union {
    field: u8,
}

#[derive(Serialize)]
#[serde(tag = "t")]
struct TaggedTuple(u8, u8);

#[derive(Serialize)]
#[serde(tag = "t")]
struct TaggedUnit;

#[derive(Deserialize)]
#[serde(tag = "t")]
enum InternalTuple {
    Tuple(u8, u8),
}

#[derive(Deserialize)]
#[serde(content = "c")]
enum ContentWithoutTag {
    A,
}

#[derive(Serialize)]
#[serde(tag = "same", content = "same")]
enum SameTagAndContent {
    A(u8),
}

#[derive(Serialize)]
#[serde(untagged, tag = "t")]
enum UntaggedAndTagged {
    A,
}

#[derive(Serialize)]
#[serde(untagged, content = "c", tag = "t")]
enum All {
    A,
}

#[derive(Serialize)]
#[serde(untagged)]
struct UntaggedStruct {
    field: u8,
}

#[derive(Serialize)]
#[serde(tag = "field")]
enum TagIsAField {
    A { field: u8 },
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct TransparentTwo(u8, u8);

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct TransparentNone {}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
enum TransparentEnum {
    A(u8),
}

#[derive(Serialize, Deserialize)]
#[serde(transparent, from = "u8", try_from = "u8", into = "u8")]
struct Everything(u8);

#[derive(Deserialize)]
#[serde(default)]
enum DefaultEnum {
    A,
}

#[derive(Deserialize)]
struct DefaultInTheMiddle(#[serde(default)] u8, u8);

#[derive(Deserialize)]
enum OtherNotUnit {
    #[serde(other)]
    A(u8),
}

#[derive(Deserialize)]
enum OtherNotLast {
    #[serde(other)]
    A,
    B,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OtherUntagged {
    #[serde(other)]
    A,
}

#[derive(Deserialize)]
enum UntaggedNotLast {
    #[serde(untagged)]
    A(u8),
    B,
}

#[derive(Serialize, Deserialize)]
struct FlattenConflicts {
    #[serde(flatten, skip_serializing)]
    first: u8,
    #[serde(flatten, skip_serializing_if = "f")]
    second: u8,
    #[serde(flatten, skip_deserializing)]
    third: u8,
}

#[derive(Serialize)]
struct FlattenTuple(#[serde(flatten)] u8);

#[derive(Deserialize)]
struct BorrowNothing {
    #[serde(borrow)]
    field: u8,
}

#[derive(Deserialize)]
struct BorrowWrong<'a> {
    #[serde(borrow = "'b")]
    field: &'a str,
    #[serde(borrow = "'a + 'a")]
    twice: &'a str,
    #[serde(borrow = "")]
    empty: &'a str,
}

#[derive(Deserialize)]
struct TakenLifetime<'de> {
    field: &'de str,
}

#[derive(Serialize)]
struct GetterWithoutRemote {
    #[serde(getter = "f")]
    field: u8,
}

#[derive(Serialize)]
#[serde(remote = "Foreign")]
enum GetterInEnum {
    A {
        #[serde(getter = "f")]
        field: u8,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Foreign::<T>")]
struct RemoteWithParameters<T>(T);

#[derive(Serialize, Deserialize)]
enum VariantConflicts {
    #[serde(skip, with = "m")]
    A,
    #[serde(with = "m")]
    B { #[serde(skip_serializing)] field: u8 },
    #[serde(skip_deserializing, deserialize_with = "f")]
    C(u8),
}

#[derive(Deserialize)]
enum UnitWithFields {
    #[serde(rename = "same")]
    A,
    #[serde(rename = "same")]
    B,
}
