//! Enums as they are by default, tagged from outside.

use serde_derive::{Deserialize, Serialize};

use crate::{read, show};

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Units {
    First,
    Second = 7,
    Third,
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
#[repr(u8)]
pub enum Discriminants {
    A = 1,
    B = b'b',
    C = Discriminants::B as u8 + 1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Renamed", rename_all = "kebab-case", rename_all_fields = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum RenamedAll {
    FirstVariant { first_field: u8, second_field: u8 },
    SecondVariant,
    #[serde(rename = "3rd")]
    ThirdVariant { some_field: u8 },
    #[serde(rename_all = "camelCase")]
    FourthVariant { other_field: u8, #[serde(rename = "Named")] named_field: u8 },
}

#[derive(Serialize, Deserialize)]
#[serde(
    rename_all(serialize = "UPPERCASE", deserialize = "lowercase"),
    rename_all_fields(serialize = "PascalCase", deserialize = "camelCase")
)]
pub enum RenamedEachWay {
    FirstVariant { first_field: u8 },
    #[serde(rename(serialize = "out", deserialize = "in"))]
    Second,
    #[serde(rename_all(serialize = "kebab-case"))]
    Third { third_field: u8 },
}

#[derive(Serialize, Deserialize)]
pub enum Aliased {
    #[serde(alias = "one", alias = "1", alias = "")]
    First,
    #[serde(rename = "second", alias = "Second", alias = "größer")]
    Second { #[serde(alias = "f", alias = "field-name")] field: u8 },
}

#[derive(Serialize, Deserialize)]
pub enum Skipping {
    Kept,
    #[serde(skip)]
    Gone(std::cell::Cell<*const u8>),
    #[serde(skip_serializing)]
    OnlyRead(u8),
    #[serde(skip_deserializing)]
    OnlyWritten { field: u8 },
    Partly { kept: u8, #[serde(skip)] gone: Option<Units>, #[serde(skip_serializing_if = "Option::is_none")] maybe: Option<u8> },
    Tuple(#[serde(skip)] u8, u8, #[serde(default)] u8),
}

#[derive(Serialize, Deserialize)]
pub enum WithFunctions {
    #[serde(with = "hex")]
    Both(u32),
    #[serde(serialize_with = "hex::serialize", deserialize_with = "hex::deserialize")]
    Apart(u32),
    Field { #[serde(with = "hex")] number: u32 },
    #[serde(serialize_with = "pair::serialize", deserialize_with = "pair::deserialize")]
    Pair(u8, u8),
    #[serde(with = "nothing")]
    Nothing,
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(number: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{number:x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        u32::from_str_radix(&String::deserialize(deserializer)?, 16).map_err(serde::de::Error::custom)
    }
}

mod pair {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(a: &u8, b: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        (b, a).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(u8, u8), D::Error> {
        <(u8, u8)>::deserialize(deserializer).map(|(b, a)| (a, b))
    }
}

mod nothing {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(false)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        bool::deserialize(deserializer).map(drop)
    }
}

#[derive(Serialize, Deserialize)]
pub enum Other {
    Known,
    #[serde(other)]
    Unknown,
}

#[derive(Serialize, Deserialize)]
#[serde(expecting = "one of two things")]
pub enum Expecting {
    One,
    Two(u8),
}

#[derive(Serialize, Deserialize)]
#[non_exhaustive]
pub enum NonExhaustive<'a> {
    #[non_exhaustive]
    One { text: String },
    #[serde(borrow)]
    Borrowed(std::borrow::Cow<'a, str>),
}

#[derive(Serialize, Deserialize)]
pub enum Many {
    V00, V01, V02, V03, V04, V05, V06, V07, V08, V09, V10, V11, V12, V13, V14, V15, V16, V17, V18, V19, V20, V21, V22, V23,
    V24, V25, V26, V27, V28, V29, V30, V31, V32, V33, V34, V35, V36, V37, V38, V39,
}

/// What a `Deserialize` that is written by hand reads its keys as.
#[derive(Deserialize, Debug)]
#[serde(field_identifier, rename_all = "kebab-case")]
pub enum FieldName {
    FirstField,
    #[serde(rename = "2nd", alias = "second", alias = "größer")]
    SecondField,
    r#type,
}

#[derive(Deserialize, Debug)]
#[serde(field_identifier, expecting = "a name of a field")]
pub enum FieldNameOrAny {
    known,
    #[serde(alias = "Known")]
    r#type,
    #[serde(other)]
    Any,
}

#[derive(Deserialize, Debug)]
#[serde(field_identifier, rename_all = "lowercase")]
pub enum FieldNameOrText<'a> {
    Known,
    Other(&'a str),
}

#[derive(Deserialize, Debug)]
#[serde(field_identifier, bound(deserialize = "T: serde::Deserialize<'de>"))]
pub enum FieldNameOrElse<'a, T> where T: Clone {
    known,
    #[serde(borrow)]
    Else(Either<'a, T>),
}

#[derive(Deserialize, Debug)]
#[serde(untagged)]
pub enum Either<'a, T: Clone> {
    Own(T),
    #[serde(borrow)]
    Text(std::borrow::Cow<'a, str>),
}

#[derive(Deserialize, Debug)]
#[serde(variant_identifier, rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VariantName {
    FirstVariant,
    #[serde(alias = "SECOND", alias = "zweite Möglichkeit")]
    SecondVariant,
    #[serde(rename(deserialize = "3rd"))]
    r#Third,
}

#[derive(Deserialize, Debug)]
#[serde(variant_identifier, expecting = "nothing at all")]
pub enum NoVariantName {}

/// Reads identifiers, which nobody writes, in each of the ways in which a format may have them.
fn identify<'de, T: serde::Deserialize<'de> + std::fmt::Debug>(names: &[&'de str]) {
    use serde::de::IntoDeserializer;
    use serde::de::value::{BorrowedBytesDeserializer, BorrowedStrDeserializer, Error};

    for name in names {
        let by_copy: Result<T, Error> = T::deserialize((*name).to_owned().into_deserializer());
        let by_bytes = T::deserialize(BorrowedBytesDeserializer::<Error>::new(name.as_bytes()));
        println!("{name}: {:?}, {by_copy:?}, {by_bytes:?}", T::deserialize(BorrowedStrDeserializer::<Error>::new(name)));
    }
    for number in [0u64, 1, 9] {
        let by_number: Result<T, Error> = T::deserialize(number.into_deserializer());
        println!("{number}: {by_number:?}");
    }
    let by_truth: Result<T, Error> = T::deserialize(true.into_deserializer());
    println!("{by_truth:?}");
}

pub fn run() {
    for units in [Units::First, Units::Second, Units::Third] {
        show(&units);
    }
    show(&vec![
        Shapes::Unit,
        Shapes::EmptyTuple(),
        Shapes::EmptyStruct {},
        Shapes::Newtype(1),
        Shapes::Tuple(2, Some(Box::new(Shapes::Unit))),
        Shapes::Struct { field: 3, r#type: Units::Second },
    ]);
    read::<Never>("\"Anything\"");
    show(&vec![Discriminants::A, Discriminants::C]);
    show(&RenamedAll::FirstVariant { first_field: 1, second_field: 2 });
    show(&RenamedAll::SecondVariant);
    show(&RenamedAll::ThirdVariant { some_field: 3 });
    show(&RenamedAll::FourthVariant { other_field: 4, named_field: 5 });
    read::<RenamedAll>(r#"{"first-variant":{"FIRST_FIELD":1,"SECOND_FIELD":2,"more":3}}"#);
    read::<RenamedEachWay>(r#"{"firstvariant":{"firstField":1}}"#);
    read::<RenamedEachWay>(r#""in""#);
    read::<RenamedEachWay>(r#"{"third":{"third_field":1}}"#);
    for text in [r#""one""#, r#""1""#, r#""""#, r#"{"größer":{"field-name":1}}"#, r#"{"second":{"f":1}}"#, r#""third""#] {
        read::<Aliased>(text);
    }
    show(&Skipping::Kept);
    show(&Skipping::OnlyWritten { field: 1 });
    show(&Skipping::Partly { kept: 1, gone: Some(Units::First), maybe: None });
    show(&Skipping::Tuple(1, 2, 3));
    read::<Skipping>(r#"{"Gone":1}"#);
    println!("{:?}", serde_json::to_string(&Skipping::OnlyRead(1)).map_err(|error| error.to_string()));
    show(&vec![WithFunctions::Both(255), WithFunctions::Apart(16), WithFunctions::Field { number: 10 }]);
    show(&vec![WithFunctions::Pair(1, 2), WithFunctions::Nothing]);
    read::<Other>("\"whatever\"");
    read::<Expecting>("true");
    println!("{}", serde_json::from_str::<NonExhaustive>("{}").is_err());
    show(&vec![Many::V00, Many::V39]);
    identify::<FieldName>(&["first-field", "2nd", "second", "größer", "type", "r#type", "third"]);
    identify::<FieldNameOrAny>(&["known", "Known", "type", "unknown"]);
    identify::<FieldNameOrText>(&["known", "unknown"]);
    identify::<FieldNameOrElse<u64>>(&["known", "unknown"]);
    identify::<VariantName>(&["FIRST_VARIANT", "SECOND", "zweite Möglichkeit", "3rd", "THIRD", "fourth"]);
    identify::<NoVariantName>(&["any"]);
}
