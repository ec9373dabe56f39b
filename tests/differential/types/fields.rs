//! Attributes of single fields.

use std::collections::BTreeMap;

use serde_derive::{Deserialize, Serialize};

use crate::{read, show};

#[derive(Serialize, Deserialize)]
pub struct RenamedFields {
    #[serde(rename = "with space and \\ and \u{e9}")]
    a: u8,
    #[serde(rename(serialize = "out", deserialize = "in"))]
    b: u8,
    #[serde(rename(deserialize = "only in"))]
    c: u8,
    #[serde(rename = "")]
    d: u8,
    #[serde(rename = r#"raw "text""#)]
    e: u8,
}

#[derive(Serialize, Deserialize)]
pub struct AliasedFields {
    #[serde(alias = "one", alias = "uno")]
    #[serde(alias = "eins")]
    first: u8,
    #[serde(rename(deserialize = "second_in", serialize = "second_out"), alias = "two")]
    second: u8,
}

#[derive(Serialize, Deserialize)]
pub struct Defaults<T: Default> {
    #[serde(default)]
    plain: T,
    #[serde(default = "Vec::new")]
    method: Vec<u8>,
    #[serde(default = "self::helper::<u16>")]
    generic: u16,
    #[serde(default = "<u8 as crate::fields::Fallback>::fallback")]
    qualified: u8,
}

fn helper<T: From<u8>>() -> T {
    T::from(9)
}

pub trait Fallback {
    fn fallback() -> Self;
}

impl Fallback for u8 {
    fn fallback() -> u8 {
        77
    }
}

#[derive(Serialize, Deserialize)]
pub struct Skips {
    kept: u8,
    #[serde(skip)]
    skipped: Option<std::thread::ThreadId>,
    #[serde(skip, default = "helper")]
    skipped_with_default: u32,
    #[serde(skip_serializing)]
    only_read: u8,
    #[serde(skip_deserializing)]
    only_written: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<u8>,
    #[serde(skip_serializing_if = "crate::fields::is_default::<String>", default)]
    text: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Serialize, Deserialize)]
pub struct SkipsInTuple(u8, #[serde(skip)] u8, #[serde(default, skip_serializing_if = "is_default")] u8);

#[derive(Serialize, Deserialize)]
pub struct Flattened {
    own: u8,
    #[serde(flatten)]
    inner: InnerOne,
    #[serde(flatten)]
    choice: Choice,
    #[serde(flatten, skip_serializing_if = "BTreeMap::is_empty")]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
pub struct InnerOne {
    inner_field: String,
    #[serde(flatten)]
    deeper: Option<InnerTwo>,
}

#[derive(Serialize, Deserialize)]
pub struct InnerTwo {
    deep: u8,
}

#[derive(Serialize, Deserialize)]
pub enum Choice {
    This(u8),
    That { x: u8 },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "tag")]
pub enum FlattenedVariants<T> {
    A {
        own: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, T>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "T: serde::Serialize + serde::de::DeserializeOwned")]
pub struct FlattenOnly<T>(FlattenOnlyInner<T>);

#[derive(Serialize, Deserialize)]
pub struct FlattenOnlyInner<T> {
    #[serde(flatten, with = "crate::containers::plain", bound = "T: serde::Serialize + serde::de::DeserializeOwned")]
    all: T,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "T: serde::Serialize + serde::de::DeserializeOwned")]
pub struct WithModules<T> {
    #[serde(with = "as_list")]
    listed: T,
    #[serde(serialize_with = "loud", deserialize_with = "quiet")]
    text: String,
    #[serde(serialize_with = "loud")]
    loud: String,
    #[serde(deserialize_with = "quiet", default)]
    quiet: String,
    #[serde(with = "as_list", default, skip_serializing_if = "Option::is_none")]
    maybe: Option<u8>,
}

mod as_list {
    use serde::ser::SerializeSeq;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(1))?;
        list.serialize_element(value)?;
        list.end()
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let mut list: Vec<T> = Vec::deserialize(deserializer)?;
        list.pop().ok_or_else(|| serde::de::Error::custom("an empty list"))
    }
}

fn loud<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.to_uppercase())
}

fn quiet<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    <String as serde::Deserialize>::deserialize(deserializer).map(|text| text.to_lowercase())
}

#[derive(Serialize, Deserialize)]
pub struct Borrowing<'a, 'b: 'a> {
    #[serde(borrow)]
    cow: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    map: BTreeMap<&'a str, Option<&'b str>>,
    #[serde(borrow = "'b", default)]
    maybe: Option<std::borrow::Cow<'b, [u8]>>,
    bytes: Option<&'a [u8]>,
    owned: std::borrow::Cow<'static, str>,
}

#[derive(Serialize, Deserialize)]
pub struct Everything<'a, T> {
    #[serde(rename = "r", alias = "a", default, skip_serializing_if = "Option::is_none", borrow, bound(deserialize = "T: serde::Deserialize<'de>"))]
    all: Option<Pair<'a, T>>,
}

#[derive(Serialize, Deserialize)]
pub struct Pair<'a, T>(&'a str, T);

pub fn run() {
    show(&RenamedFields { a: 1, b: 2, c: 3, d: 4, e: 5 });
    read::<AliasedFields>(r#"{"uno":1,"two":2}"#);
    read::<AliasedFields>(r#"{"first":1,"eins":2,"second_in":3}"#);
    read::<Defaults<i8>>("{}");
    read::<Skips>(r#"{"kept":1,"only_read":2,"skipped":3,"maybe":null}"#);
    read::<Skips>(r#"{"kept":1,"only_read":2,"maybe":4,"text":"t"}"#);
    show(&SkipsInTuple(1, 2, 3));
    read::<Flattened>(r#"{"own":1,"inner_field":"i","deep":2,"That":{"x":3},"more":[null]}"#);
    read::<Flattened>(r#"{"own":1,"inner_field":"i","This":4}"#);
    read::<Flattened>(r#"{"own":1,"inner_field":"i"}"#);
    read::<FlattenedVariants<u8>>(r#"{"tag":"A","own":1,"b":2,"c":3}"#);
    read::<FlattenOnly<BTreeMap<String, u8>>>(r#"{"b":2}"#);
    show(&WithModules { listed: 1u8, text: "Text".into(), loud: "L".into(), quiet: "q".into(), maybe: None });
    let text = r#"{"cow":"c","map":{"k":"v"},"bytes":null,"owned":"o"}"#;
    println!("{}", serde_json::to_string(&serde_json::from_str::<Borrowing>(text).unwrap()).unwrap());
    let text = r#"{"a":["text",5]}"#;
    println!("{}", serde_json::to_string(&serde_json::from_str::<Everything<u8>>(text).unwrap()).unwrap());
}
