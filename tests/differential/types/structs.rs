//! Structs of every shape.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::rc::Rc;

use serde_derive::{Deserialize, Serialize};

use crate::{read, show};

#[derive(Serialize, Deserialize)]
pub struct Unit;

#[derive(Serialize, Deserialize)]
pub struct EmptyNamed {}

#[derive(Serialize, Deserialize)]
pub struct EmptyTuple();

#[derive(Serialize, Deserialize)]
pub struct Newtype(u64);

#[derive(Serialize, Deserialize)]
pub struct NewtypeOfNewtype(Newtype);

#[derive(Serialize, Deserialize)]
pub struct Pair(i32, String);

#[derive(Serialize, Deserialize)]
pub struct Wide(u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8);

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
pub struct Named {
    pub first: bool,
    pub(crate) second: char,
    third: f64,
    r#fn: (),
}

#[derive(Serialize, Deserialize)]
pub struct Primitives {
    a: u8,
    b: u16,
    c: u32,
    d: u64,
    e: u128,
    f: i8,
    g: i16,
    h: i32,
    i: i64,
    j: i128,
    k: usize,
    l: isize,
    m: f32,
    n: f64,
    o: bool,
    p: char,
    q: String,
    r: (),
}

#[derive(Serialize, Deserialize)]
pub struct Collections {
    vec: Vec<Option<Box<Named>>>,
    map: BTreeMap<String, (u8, [i8; 3])>,
    set: HashSet<u8>,
    queue: VecDeque<Result<u8, String>>,
    shared: Rc<str>,
    nested: Option<Option<Vec<Vec<()>>>>,
    bounds: std::ops::Range<u8>,
    array: [Pair; 2],
}

#[derive(Serialize, Deserialize)]
pub struct Recursive {
    value: u8,
    children: Vec<Recursive>,
    parent: Option<Box<Recursive>>,
}

/// Documentation
/// in several lines, `with code`.
#[derive(Serialize, Deserialize)]
#[doc = "and by attribute"]
#[repr(C)]
#[must_use]
pub struct WithForeignAttributes {
    /// A field's documentation.
    #[doc(hidden)]
    #[allow(unused)]
    field: u8,
    #[cfg(any())]
    gone: Nowhere,
    #[cfg(all())]
    here: u8,
    #[cfg_attr(all(), serde(rename = "conditional"))]
    renamed: u8,
}

macro_rules! make_struct {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($field:ident: $ty:ty = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name {
            $(#[serde(rename = $text)] $field: $ty,)*
        }
    };
}

make_struct! {
    /// Types and literals arrive in groups without delimiters.
    #[derive(Serialize, Deserialize)]
    pub struct ByMacro {
        first: Vec<u8> = "1st",
        second: Option<&'static str> = "2nd",
    }
}

mod inner {
    pub mod deeper {
        #[derive(serde_derive::Serialize, ::serde_derive::Deserialize)]
        pub(in crate::structs) struct Visible {
            pub(super) field: u8,
            pub(in crate::structs) other: self::Local,
        }

        #[derive(serde_derive::Serialize, serde_derive::Deserialize)]
        pub struct Local(pub super::super::Unit);
    }

    pub fn field(visible: &deeper::Visible) -> u8 {
        visible.field
    }
}

pub fn run() {
    show(&Unit);
    show(&EmptyNamed {});
    show(&EmptyTuple());
    show(&NewtypeOfNewtype(Newtype(u64::MAX)));
    show(&Pair(-1, "pair\n".into()));
    show(&Wide(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19));
    show(&Named { first: true, second: 'é', third: 0.1, r#fn: () });
    read::<Named>(r#"{"first":true,"second":"x","third":1}"#);
    read::<Named>(r#"[true,"x",1,null]"#);
    read::<Named>(r#"{"first":true,"first":false}"#);
    read::<Pair>("[1]");
    read::<Unit>("1");
    show(&Primitives {
        a: 1, b: 2, c: 3, d: 4, e: 5, f: -6, g: -7, h: -8, i: -9, j: -10, k: 11, l: -12, m: 1.5, n: 2.5, o: true, p: 'p',
        q: "q".into(), r: (),
    });
    show(&Collections {
        vec: vec![None, Some(Box::default())],
        map: [("key".to_owned(), (1, [2, 3, 4]))].into(),
        set: [7].into(),
        queue: [Ok(1), Err("no".to_owned())].into(),
        shared: "shared".into(),
        nested: None,
        bounds: 1..2,
        array: [Pair(1, String::new()), Pair(2, String::new())],
    });
    let leaf = || Recursive { value: 2, children: vec![], parent: None };
    show(&Recursive { value: 1, children: vec![leaf(), leaf()], parent: Some(Box::new(leaf())) });
    let with = WithForeignAttributes { field: 1, here: 2, renamed: 3 };
    show(&with);
    println!("{}", serde_json::to_string(&ByMacro { first: vec![1], second: Some("text") }).unwrap());
    show(&inner::deeper::Local(Unit));
    println!("{}", inner::field(&serde_json::from_str(r#"{"field":9,"other":null}"#).unwrap()));

    #[derive(Serialize, Deserialize)]
    struct InAFunction<'a> {
        borrowed: &'a str,
        bytes: &'a [u8],
    }
    let text = serde_json::to_string(&InAFunction { borrowed: "b", bytes: &[] }).unwrap();
    println!("{text} {}", serde_json::from_str::<InAFunction>(&text).is_err());
}
