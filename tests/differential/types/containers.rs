//! Attributes of a whole struct.

use std::collections::HashMap;
use std::fmt;

use serde_derive::{Deserialize, Serialize};

use crate::{read, show};

macro_rules! every_case {
    ($($name:ident $case:literal)*) => {
        $(
            #[derive(Serialize, Deserialize)]
            #[serde(rename_all = $case)]
            pub struct $name {
                first_field: u8,
                x: u8,
                a_b_c: u8,
                with_1_number: u8,
                r#type: u8,
                __private: u8,
            }
        )*
        fn every_case() {
            $(
                show(&$name { first_field: 1, x: 2, a_b_c: 3, with_1_number: 4, r#type: 5, __private: 6 });
            )*
        }
    };
}

every_case! {
    Lower "lowercase"
    Upper "UPPERCASE"
    Pascal "PascalCase"
    Camel "camelCase"
    Snake "snake_case"
    ScreamingSnake "SCREAMING_SNAKE_CASE"
    Kebab "kebab-case"
    ScreamingKebab "SCREAMING-KEBAB-CASE"
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "name of the \"whole\"")]
pub struct Renamed(u8);

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
#[serde(deny_unknown_fields)]
pub struct StrictEmpty {}

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub struct AllDefault {
    number: u8,
    text: String,
    #[serde(default = "seven")]
    seven: u8,
}

impl Default for AllDefault {
    fn default() -> AllDefault {
        AllDefault { number: 40, text: "forty".into(), seven: 0 }
    }
}

fn seven() -> u8 {
    7
}

#[derive(Serialize, Deserialize)]
#[serde(default = "ByPath::of_its_own")]
pub struct ByPath {
    number: u8,
    #[serde(skip)]
    skipped: u8,
}

impl ByPath {
    fn of_its_own() -> ByPath {
        ByPath { number: 41, skipped: 42 }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct DefaultTuple(u8, #[serde(default = "seven")] u8);

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Transparent {
    only: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransparentTuple<T>(T, #[serde(skip)] u8, std::marker::PhantomData<T>);

#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "T: serde::Serialize + serde::de::DeserializeOwned")]
#[repr(transparent)]
pub struct TransparentGeneric<T: ?Sized> {
    #[serde(with = "crate::containers::plain")]
    value: T,
}

pub mod plain {
    pub fn serialize<T: serde::Serialize + ?Sized, S: serde::Serializer>(value: &T, s: S) -> Result<S::Ok, S::Error> {
        value.serialize(s)
    }

    pub fn deserialize<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(d: D) -> Result<T, D::Error> {
        T::deserialize(d)
    }
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(from = "u8", into = "String")]
pub struct FromInto(u8);

impl From<u8> for FromInto {
    fn from(n: u8) -> FromInto {
        FromInto(n)
    }
}

impl From<FromInto> for String {
    fn from(value: FromInto) -> String {
        format!("from {}", value.0)
    }
}

#[derive(Serialize, Deserialize, Clone)]
#[serde(try_from = "HashMap<String, Vec<u8>>", into = "(u8, u8)")]
pub enum TryFrom {
    Even(u8),
    Odd(u8),
}

impl std::convert::TryFrom<HashMap<String, Vec<u8>>> for TryFrom {
    type Error = NotOne;

    fn try_from(map: HashMap<String, Vec<u8>>) -> Result<TryFrom, NotOne> {
        match map.len() {
            1 => Ok(TryFrom::Even(1)),
            n => Err(NotOne(n)),
        }
    }
}

pub struct NotOne(usize);

impl fmt::Display for NotOne {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not one but {}", self.0)
    }
}

impl From<TryFrom> for (u8, u8) {
    fn from(value: TryFrom) -> (u8, u8) {
        match value {
            TryFrom::Even(n) => (n, 0),
            TryFrom::Odd(n) => (n, 1),
        }
    }
}

mod reexport {
    pub(crate) use ::serde as renamed_serde;
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "self::reexport::renamed_serde")]
pub struct OtherCratePath<T> {
    value: T,
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "::serde", expecting = "a thing with a field")]
pub struct Expecting {
    field: u8,
}

#[derive(Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "UPPERCASE",)]
#[serde()]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct SeveralAttributes {
    field: u8,
    #[serde(default, rename = "OTHER", alias = "another")]
    #[serde(skip_serializing_if = "is_zero")]
    second: u8,
}

fn is_zero(n: &u8) -> bool {
    *n == 0
}

pub fn run() {
    every_case();
    show(&Renamed(1));
    read::<RenamedEachWay>(r#"{"some-field":1}"#);
    read::<RenamedEachWay>(r#"{"someField":1}"#);
    read::<Strict>(r#"{"known":1,"unknown":2}"#);
    read::<StrictEmpty>(r#"{"unknown":2}"#);
    read::<AllDefault>("{}");
    read::<AllDefault>(r#"{"text":"t"}"#);
    read::<ByPath>("{}");
    read::<DefaultTuple>("[]");
    read::<DefaultTuple>("[1]");
    show(&Transparent { only: vec![1] });
    show(&TransparentTuple('c', 3, std::marker::PhantomData));
    show(&TransparentGeneric { value: vec![()] });
    println!("{} {:?}", serde_json::to_string(&FromInto(1)).unwrap(), serde_json::from_str::<FromInto>("2").is_ok());
    println!("{} {}", serde_json::to_string(&TryFrom::Odd(3)).unwrap(), serde_json::from_str::<TryFrom>("{}").err().unwrap());
    show(&OtherCratePath { value: 1 });
    read::<Expecting>("1");
    read::<SeveralAttributes>(r#"{"FIELD":1,"another":2}"#);
    read::<SeveralAttributes>(r#"{"FIELD":1,"OTHER":0}"#);
}
