//! Derives of serde on every kind of type, with most of the attributes that it knows.
//@ edition: 2021
//@ library: serde serde_json
//@ macros: serde_derive

#![allow(dead_code, non_camel_case_types)]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::rc::Rc;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A document's head.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename = "HEAD", rename_all = "kebab-case", deny_unknown_fields, default)]
struct Head<'text, P>
where
    P: Default,
{
    #[serde(borrow)]
    title_line: Cow<'text, str>,
    #[serde(rename(serialize = "written-by", deserialize = "author"), alias = "writer")]
    authors: BTreeSet<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    page_numbers: Vec<u16>,
    #[serde(with = "backwards")]
    r#ref: String,
    #[serde(skip_deserializing)]
    revision: u8,
    #[serde(skip)]
    cached: Option<PhantomData<fn()>>,
    padding: P,
}

mod backwards {
    use super::*;

    pub fn serialize<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&text.chars().rev().collect::<String>())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
        let text = <Cow<'_, str>>::deserialize(from)?;
        if text.is_empty() { Err(D::Error::custom("nothing to turn")) } else { Ok(text.chars().rev().collect()) }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Nothing;

#[derive(Debug, Serialize, Deserialize)]
struct Empty {}

#[derive(Debug, Serialize, Deserialize)]
struct Three(i8, #[serde(default = "Three::middle")] char, #[serde(skip)] String);

impl Three {
    fn middle() -> char {
        'µ'
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all_fields = "PascalCase", rename_all = "snake_case")]
enum External<T> {
    #[serde(alias = "None", alias = "-")]
    NoneAtAll,
    One(T),
    Pair(T, Box<External<T>>),
    Named {
        left_side: T,
        #[serde(flatten)]
        others: BTreeMap<String, T>,
    },
    #[serde(skip)]
    Never(fn()),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
enum Internal {
    Plain,
    Wrapped(Nested),
    Struct {
        value: Option<f32>,
    },
    #[serde(other)]
    Anything,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "t", content = "c", deny_unknown_fields)]
enum Adjacent<'a> {
    Text(&'a str),
    Tuple(
        u8,
        #[serde(skip_serializing)]
        #[serde(default)]
        u8,
    ),
    Struct {
        r#match: bool,
    },
    Unit,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "a flag, a count or a list")]
enum Untagged {
    Flag(bool),
    Count { count: u64 },
    List(Vec<Rc<Untagged>>),
    Null,
}

#[derive(Debug, Serialize, Deserialize)]
struct Nested {
    #[serde(flatten)]
    head: Inner,
    #[serde(flatten)]
    maybe: Option<Other>,
    #[serde(serialize_with = "loud", deserialize_with = "quiet")]
    name: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Inner {
    inner: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Other {
    other: i64,
}

fn loud<S: Serializer>(text: &String, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text.to_uppercase())
}

fn quiet<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|text| text.to_lowercase())
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
struct Even(i64);

impl TryFrom<i64> for Even {
    type Error = String;

    fn try_from(value: i64) -> Result<Self, String> {
        if value % 2 == 0 { Ok(Even(value)) } else { Err(format!("{value} is odd")) }
    }
}

impl From<Even> for i64 {
    fn from(even: Even) -> i64 {
        even.0
    }
}

mod elsewhere {
    #[derive(Debug)]
    pub struct Span {
        start: u32,
        pub len: u32,
    }

    impl Span {
        pub fn new(start: u32, len: u32) -> Span {
            Span { start, len }
        }

        pub fn start(&self) -> u32 {
            self.start
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "elsewhere::Span")]
struct SpanDef {
    #[serde(getter = "elsewhere::Span::start")]
    start: u32,
    len: u32,
}

impl From<SpanDef> for elsewhere::Span {
    fn from(def: SpanDef) -> Self {
        elsewhere::Span::new(def.start, def.len)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Transparent<T> {
    #[serde(with = "SpanDef")]
    span: elsewhere::Span,
    #[serde(skip)]
    kind: PhantomData<T>,
}

trait Family {
    type Member;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "F::Member: Serialize", deserialize = "F::Member: Deserialize<'de> + Ord"))]
struct Members<F: Family> {
    members: Vec<F::Member>,
}

#[derive(Debug)]
struct Digits;

impl Family for Digits {
    type Member = u8;
}

macro_rules! record {
    ($name:ident { $($field:ident: $type:ty = $rename:literal),* }) => {
        #[derive(Debug, Serialize, Deserialize)]
        struct $name { $(#[serde(rename = $rename)] $field: $type,)* }
    };
}
record!(Generated { first: u8 = "1st", second: Option<String> = "2nd", größe: (i32, i32) = "größe" });

fn round<T: Serialize + DeserializeOwned + std::fmt::Debug>(text: &str) {
    match serde_json::from_str::<T>(text) {
        Ok(value) => println!("{value:?}\n    {}", serde_json::to_string(&value).unwrap_or_else(|error| error.to_string())),
        Err(error) => println!("{text}: {error}"),
    }
}

fn main() {
    let head: Head<'_, [u8; 3]> = serde_json::from_str(r#"{"title-line":"A","writer":["z","a"],"ref":"cba"}"#).unwrap();
    println!("{head:?} {}", serde_json::to_string(&head).unwrap());
    println!("{:?}", serde_json::from_str::<Head<'_, u8>>(r#"{"ref":"","x":1}"#).map_err(|error| error.to_string()));
    round::<Nothing>("null");
    round::<Empty>("{}");
    round::<Three>("[-1, \"x\"]");
    round::<Three>("[-1]");
    for text in [r#""-""#, r#"{"one":1}"#, r#"{"pair":[1,"none_at_all"]}"#, r#"{"named":{"LeftSide":1,"x":2}}"#, r#""never""#] {
        round::<External<i32>>(text);
    }
    for text in [r#"{"type":"PLAIN"}"#, r#"{"type":"WRAPPED","inner":1,"other":2,"name":"Ab"}"#, r#"{"type":"?"}"#, "{}"] {
        round::<Internal>(text);
    }
    for text in
        [r#"{"t":"Text","c":"é"}"#, r#"{"c":[1],"t":"Tuple"}"#, r#"{"t":"Struct","c":{"match":true}}"#, r#"{"t":"Unit","d":0}"#]
    {
        println!("{:?}", serde_json::from_str::<Adjacent<'_>>(text).map_err(|error| error.to_string()));
    }
    round::<Untagged>(r#"[true, {"count": 3}, [null]]"#);
    round::<Untagged>("-1");
    round::<Even>("4");
    round::<Even>("5");
    round::<Transparent<()>>(r#"{"start":1,"len":2}"#);
    round::<Members<Digits>>(r#"{"members":[3,1]}"#);
    round::<Generated>(r#"{"1st":1,"größe":[1,2]}"#);
}
