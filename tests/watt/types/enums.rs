//! Enums in every representation, and attributes of whole types.

use std::collections::BTreeMap;

use serde_derive::{Deserialize, Serialize};

use crate::{read, show};

#[derive(Serialize, Deserialize, Clone, Copy)]
pub enum Units {
    First,
    Second = 7,
    Third = -1,
}

#[derive(Serialize, Deserialize)]
pub enum Shapes {
    Unit,
    EmptyTuple(),
    EmptyStruct {},
    Newtype(u8),
    Tuple(u8, Option<Box<Shapes>>),
    Struct { field: u8, r#type: Units },
}

#[derive(Serialize, Deserialize)]
pub enum Never {}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Renamed", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RenamedAll {
    FirstVariant { first_field: u8 },
    #[serde(rename = "3rd", alias = "third")]
    ThirdVariant(u8),
    #[serde(rename_all = "camelCase")]
    FourthVariant { other_field: u8, #[serde(rename = "Named")] named_field: u8 },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Internal {
    Unit,
    Newtype(Inside),
    Map(BTreeMap<String, u8>),
    Struct { field: u8, other: Option<Box<Internal>> },
}

#[derive(Serialize, Deserialize)]
pub struct Inside {
    number: u32,
    text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "the kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum InternalRenamed<T> {
    FirstKind { value: T },
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
    Maybe(Option<u8>),
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
#[serde(tag = "type", rename = "tagged struct")]
pub struct TaggedStruct {
    field: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(rename(serialize = "Out", deserialize = "In"))]
#[serde(rename_all(serialize = "camelCase", deserialize = "kebab-case"))]
pub struct RenamedEachWay {
    some_field: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strict {
    known: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Transparent {
    only: Vec<u8>,
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(from = "u32", into = "u32")]
pub struct Converted(u8);

impl From<u32> for Converted {
    fn from(number: u32) -> Converted {
        Converted(number as u8)
    }
}

impl From<Converted> for u32 {
    fn from(Converted(number): Converted) -> u32 {
        number.into()
    }
}

/// Stands for a type of a crate that knows nothing of serde.
pub mod foreign {
    pub enum Choice<T> {
        A,
        B(T),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "foreign::Choice")]
pub enum ChoiceDef<T> {
    A,
    B(T),
}

#[derive(Serialize, Deserialize)]
pub struct Uses {
    #[serde(with = "ChoiceDef")]
    choice: foreign::Choice<u8>,
}

macro_rules! every_case {
    ($($name:ident $case:literal)*) => {
        $(
            #[derive(Serialize, Deserialize)]
            #[serde(rename_all = $case)]
            pub struct $name {
                first_field: u8,
                r#type: u8,
            }
        )*
        fn every_case() {
            $(show(&$name { first_field: 1, r#type: 2 });)*
        }
    };
}

every_case! {
    Lower "lowercase"
    Pascal "PascalCase"
    ScreamingKebab "SCREAMING-KEBAB-CASE"
}

pub fn run() {
    show(&[Units::First, Units::Second, Units::Third]);
    let tuple = Shapes::Tuple(2, Some(Box::new(Shapes::EmptyTuple())));
    show(&vec![Shapes::Unit, tuple, Shapes::EmptyStruct {}, Shapes::Newtype(1)]);
    show(&Shapes::Struct { field: 3, r#type: Units::First });
    read::<Never>("\"Some\"");
    show(&vec![
        RenamedAll::FirstVariant { first_field: 1 },
        RenamedAll::ThirdVariant(2),
        RenamedAll::FourthVariant { other_field: 3, named_field: 4 },
    ]);
    read::<RenamedAll>(r#"{"third":1}"#);
    read::<RenamedAll>(r#"{"FirstVariant":{}}"#);
    show(&vec![
        Internal::Unit,
        Internal::Newtype(Inside { number: 1, text: "t".to_owned() }),
        Internal::Map(BTreeMap::from([("k".to_owned(), 1)])),
        Internal::Struct { field: 1, other: Some(Box::new(Internal::Unit)) },
    ]);
    show(&vec![InternalRenamed::FirstKind { value: 1.5 }, InternalRenamed::SecondKind, InternalRenamed::Anything]);
    read::<InternalRenamed<u8>>(r#"{"the kind":"two"}"#);
    read::<InternalRenamed<u8>>(r#"{"the kind":"skipped"}"#);
    show(&vec![
        Adjacent::Unit,
        Adjacent::Newtype(1),
        Adjacent::Tuple(1, "a".to_owned()),
        Adjacent::Struct { field: 2 },
        Adjacent::Maybe(None),
    ]);
    for text in ["1", "-1", "\"a\"", "[1,2]", r#"{"field":1}"#, "[1,2,3]", "null", "true"] {
        read::<Untagged>(text);
    }
    show(&TaggedStruct { field: 1 });
    read::<RenamedEachWay>(r#"{"some-field":1}"#);
    read::<Strict>(r#"{"known":1,"unknown":2}"#);
    show(&Transparent { only: vec![1, 2] });
    show(&Converted(9));
    for choice in [foreign::Choice::A, foreign::Choice::B(1)] {
        show(&Uses { choice });
    }
    every_case();
}
