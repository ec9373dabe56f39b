//! Type parameters, lifetimes, constants, bounds.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use serde::{Deserializer, Serializer};
use serde_derive::{Deserialize, Serialize};

use crate::show;

#[derive(Serialize, Deserialize)]
pub struct One<T> {
    value: T,
}

#[derive(Serialize, Deserialize)]
pub struct Several<A, B: Clone, C>(A, B, Option<C>)
where
    C: Debug + Display;

#[derive(Serialize, Deserialize)]
pub struct WithDefault<T = u8, const N: usize = 2> {
    values: Vec<Option<T>>,
    #[serde(skip)]
    marker: PhantomData<[(); N]>,
}

#[derive(Serialize, Deserialize)]
pub struct ConstGeneric<const N: usize, const FLAG: bool, const LETTER: char> {
    length: u8,
    rest: PhantomData<[u8; N]>,
}

#[derive(Serialize, Deserialize)]
pub struct OnlyPhantom<T: ?Sized>(PhantomData<T>);

#[derive(Serialize, Deserialize)]
pub struct Borrowed<'a, 'b> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    slice: &'b str,
    #[serde(borrow = "'a + 'b")]
    both: Both<'a, 'b>,
}

#[derive(Serialize, Deserialize)]
pub struct Both<'a, 'b>(&'a str, &'b str);

#[derive(Serialize, Deserialize)]
pub struct LifetimeAndType<'a, T: 'a, U>
where
    U: From<&'a str>,
    T: Iterator<Item = &'a u8> + ?Sized,
    for<'x> &'x U: PartialEq,
{
    owned: U,
    #[serde(skip)]
    iterator: PhantomData<&'a T>,
}

pub trait HasItem {
    type Item;
}

impl HasItem for u8 {
    type Item = String;
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "T::Item: serde::Serialize + serde::de::DeserializeOwned")]
pub struct AssociatedBound<T: HasItem> {
    item: T::Item,
}

#[derive(Serialize, Deserialize)]
pub struct AssociatedInferred<T: HasItem> {
    item: T::Item,
    items: Vec<<T as HasItem>::Item>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "T: Display", deserialize = "T: std::str::FromStr, T::Err: Display"))]
pub struct SeparateBounds<T>(#[serde(with = "as_text")] T);

mod as_text {
    use super::*;

    pub fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, T: std::str::FromStr<Err: Display>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text: String = serde::Deserialize::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct EmptyBound<T> {
    #[serde(skip)]
    marker: PhantomData<T>,
    value: u8,
}

#[derive(Serialize, Deserialize)]
pub struct FieldBounds<T, U> {
    #[serde(bound(serialize = "T: serde::Serialize + Clone", deserialize = "T: serde::Deserialize<'de> + Default"))]
    first: T,
    #[serde(bound = "U: serde::Serialize + serde::de::DeserializeOwned")]
    second: Vec<U>,
}

/// Parameters with the names that the derive itself uses.
#[derive(Serialize, Deserialize)]
pub struct CrowdedNames<'a, _S, _D, T, E, D, S, V, A, __E2> {
    __s: _S,
    __d: _D,
    state: T,
    __field0: E,
    __serializer: D,
    __deserializer: S,
    formatter: V,
    __seq: A,
    __map: __E2,
    lifetime: &'a str,
}

#[derive(Serialize, Deserialize)]
pub enum GenericEnum<'a, T, const N: usize>
where
    T: Copy,
{
    Unit,
    Newtype(T),
    Tuple(T, [u8; 3]),
    Struct { text: &'a str, value: Option<T> },
    #[serde(skip)]
    Never(PhantomData<[T; N]>),
}

#[derive(Serialize, Deserialize)]
pub struct FunctionPointers<T, R> {
    #[serde(skip)]
    function: Option<fn(T) -> R>,
    #[serde(skip)]
    pointer: PhantomData<(*const T, dyn Fn(R) -> T)>,
    value: u8,
}

#[derive(Serialize, Deserialize)]
pub struct UnsizedTail<T: ?Sized> {
    tail: Box<T>,
}

pub fn run() {
    show(&One { value: One { value: 1u8 } });
    show(&Several(1, 'c', Some("text".to_owned())));
    show(&WithDefault::<u8> { values: vec![Some(1), None], marker: PhantomData });
    show(&ConstGeneric::<5, true, 'x'> { length: 1, rest: PhantomData });
    show(&OnlyPhantom::<str>(PhantomData));
    let text = r#"{"text":"cow","slice":"slice","both":["a","b"]}"#;
    let borrowed: Borrowed = serde_json::from_str(text).unwrap();
    println!("{} {}", serde_json::to_string(&borrowed).unwrap(), matches!(borrowed.text, Cow::Borrowed(_)));
    show(&LifetimeAndType::<std::slice::Iter<u8>, String> { owned: "owned".into(), iterator: PhantomData });
    show(&AssociatedBound::<u8> { item: "item".into() });
    show(&AssociatedInferred::<u8> { item: "item".into(), items: vec!["more".into()] });
    show(&SeparateBounds(12.5f32));
    show(&EmptyBound::<fn()> { marker: PhantomData, value: 1 });
    show(&FieldBounds { first: 1u8, second: vec![2u8] });
    let crowded: CrowdedNames<u8, u8, u8, u8, u8, u8, u8, u8, u8> = serde_json::from_str(
        r#"{"__s":1,"__d":2,"state":3,"__field0":4,"__serializer":5,"__deserializer":6,"formatter":7,"__seq":8,"__map":9,"lifetime":"l"}"#,
    )
    .unwrap();
    println!("{}", serde_json::to_string(&crowded).unwrap());
    for text in [r#""Unit""#, r#"{"Newtype":1}"#, r#"{"Tuple":[1,[2,3,4]]}"#, r#"{"Struct":{"text":"t","value":null}}"#, r#"{"Never":null}"#] {
        match serde_json::from_str::<GenericEnum<u8, 3>>(text) {
            Ok(value) => println!("{}", serde_json::to_string(&value).unwrap()),
            Err(error) => println!("{text}: {error}"),
        }
    }
    show(&FunctionPointers::<u8, u8> { function: None, pointer: PhantomData, value: 1 });
    println!("{}", serde_json::to_string(&UnsizedTail::<str> { tail: "tail".into() }).unwrap());
}
