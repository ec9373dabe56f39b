//! Enums with a tag inside, a tag beside, and no tag.

use std::collections::BTreeMap;

use serde_derive::{Deserialize, Serialize};

use crate::{read, show};

#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Internal {
    Unit,
    Newtype(Inside),
    Map(BTreeMap<String, u8>),
    Struct { field: u8, other: Option<Box<Internal>> },
    Empty {},
    Nothing(()),
}

#[derive(Serialize, Deserialize)]
pub struct Inside {
    number: u32,
    text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "the kind", rename_all = "snake_case", deny_unknown_fields, rename = "Whole")]
pub enum InternalRenamed<'a, T> {
    FirstKind { #[serde(borrow)] text: std::borrow::Cow<'a, str>, value: T },
    #[serde(rename = "2", alias = "two")]
    SecondKind,
    #[serde(skip)]
    Skipped(T),
    #[serde(other)]
    Anything,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
pub enum Adjacent {
    Unit,
    Newtype(u8),
    Tuple(u8, String),
    Struct { field: u8 },
    EmptyTuple(),
    EmptyStruct {},
    Maybe(Option<u8>),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "t", content = "c", deny_unknown_fields, rename_all = "SCREAMING-KEBAB-CASE", expecting = "a tag and its content")]
pub enum AdjacentStrict<T: Default> {
    FirstVariant(#[serde(skip)] T, u8),
    SecondVariant { #[serde(default)] value: T },
    #[serde(other)]
    Unknown,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Untagged {
    Number(u8),
    Signed(i64),
    Text(String),
    Pair(u8, u8),
    Struct { field: u8, #[serde(default)] other: u8 },
    List(Vec<Untagged>),
    Unit,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a number or its name", bound = "T: serde::Serialize + serde::de::DeserializeOwned")]
pub enum UntaggedGeneric<T, U = ()> {
    #[serde(with = "tenfold")]
    Number(u32),
    Value { value: T },
    #[serde(skip_deserializing)]
    Never(T),
    #[serde(skip)]
    Skipped(U),
}

mod tenfold {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(number: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(number * 10)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        u32::deserialize(deserializer).map(|number| number / 10)
    }
}

#[derive(Serialize, Deserialize)]
pub enum UntaggedAtTheEnd {
    Tagged(u8),
    Named { field: u8 },
    #[serde(untagged)]
    Text(String),
    #[serde(untagged)]
    Pair { first: u8, second: u8 },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum InternalUntagged {
    A { a: u8 },
    #[serde(untagged)]
    Rest { b: u8 },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", content = "data")]
pub enum AdjacentUntagged {
    A(u8),
    #[serde(untagged)]
    Rest(String),
}

/// A struct may have a tag as well.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename = "tagged struct")]
pub struct TaggedStruct {
    field: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
pub struct TaggedEmpty {}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "value")]
pub enum TaggedNever {}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum UntaggedNever {}

pub fn run() {
    let inside = || Inside { number: 1, text: "t".into() };
    show(&vec![
        Internal::Unit,
        Internal::Newtype(inside()),
        Internal::Map([("key".to_owned(), 1)].into()),
        Internal::Struct { field: 1, other: Some(Box::new(Internal::Empty {})) },
        Internal::Nothing(()),
    ]);
    read::<Internal>(r#"{"number":1,"text":"late","type":"Newtype"}"#);
    read::<Internal>(r#"{"type":"Missing"}"#);
    read::<Internal>(r#"{"no":"type"}"#);
    for text in [r#"{"the kind":"first_kind","text":"x","value":1}"#, r#"{"the kind":"two"}"#, r#"{"the kind":"whatever"}"#, r#"{"the kind":"2","more":1}"#] {
        match serde_json::from_str::<InternalRenamed<u8>>(text) {
            Ok(value) => println!("{}", serde_json::to_string(&value).unwrap()),
            Err(error) => println!("{error}"),
        }
    }
    show(&vec![
        Adjacent::Unit,
        Adjacent::Newtype(1),
        Adjacent::Tuple(1, "a".into()),
        Adjacent::Struct { field: 1 },
        Adjacent::EmptyTuple(),
        Adjacent::EmptyStruct {},
        Adjacent::Maybe(None),
    ]);
    read::<Adjacent>(r#"{"c":[1,"late tag"],"t":"Tuple"}"#);
    read::<Adjacent>(r#"{"c":1}"#);
    read::<AdjacentStrict<u8>>(r#"{"t":"SECOND-VARIANT","c":{}}"#);
    read::<AdjacentStrict<u8>>(r#"{"t":"FIRST-VARIANT","c":[2]}"#);
    read::<AdjacentStrict<u8>>(r#"{"t":"NONE"}"#);
    read::<AdjacentStrict<u8>>(r#"{"t":"NONE","x":1}"#);
    read::<AdjacentStrict<u8>>("1");
    for text in ["1", "-300", "\"text\"", "[1,2]", r#"{"field":1}"#, "[1,-1,[null]]", "null", "1.5"] {
        read::<Untagged>(text);
    }
    for text in ["70", r#"{"value":"v"}"#, "\"no\""] {
        read::<UntaggedGeneric<String>>(text);
    }
    for text in [r#"{"Tagged":1}"#, r#"{"Named":{"field":1}}"#, "\"text\"", r#"{"first":1,"second":2}"#, "null"] {
        read::<UntaggedAtTheEnd>(text);
    }
    read::<InternalUntagged>(r#"{"kind":"A","a":1}"#);
    read::<InternalUntagged>(r#"{"b":1}"#);
    read::<AdjacentUntagged>(r#"{"kind":"A","data":1}"#);
    read::<AdjacentUntagged>("\"rest\"");
    show(&TaggedStruct { field: 1 });
    show(&TaggedEmpty {});
    read::<TaggedNever>("{}");
    read::<UntaggedNever>("{}");
}
