//! Nearly all derives of the crate, on structs and enums with generics.
//@ edition: 2021
//@ library: derive_more
//@ macros: derive_more_impl

use std::collections::HashMap;
use std::error::Error as _;
use std::fmt;

use derive_more::with_trait::{
    Add, AddAssign, AsMut, AsRef, BitAnd, BitOr, BitXor, Constructor, Debug, Deref, DerefMut, Display, Div, Error, From, FromStr,
    Index, IndexMut, Into, IntoIterator, IsVariant, LowerHex, Mul, MulAssign, Neg, Not, Product, Rem, Sub, SubAssign, Sum,
    TryFrom, TryInto, TryUnwrap, Unwrap, UpperExp,
};

#[derive(
    Add, AddAssign, Sub, SubAssign, Neg, Sum, Mul, Div, MulAssign, Clone, Copy, PartialEq, Constructor, From, Into, Debug,
)]
#[debug("<{x}; {y}>")]
#[into(owned, ref, ref_mut)]
struct Vector<T = i32> {
    x: T,
    y: T,
}

#[derive(
    Mul, Product, Rem, Clone, Copy, Display, LowerHex, UpperExp, From, FromStr, Not, BitAnd, BitOr, BitXor, Debug, PartialEq,
)]
#[mul(forward)]
#[display("{_0:+}")]
#[upper_exp("{:E}", f64::from(*_0))]
struct Number(i32);

#[derive(Add, Debug, PartialEq, Not)]
enum Quantity {
    Meters(i32),
    Box { width: i32, height: i32 },
    None,
}

/// What went wrong.
#[derive(Debug, Display, Error, From)]
#[non_exhaustive]
enum Failure {
    #[display("formatting")]
    #[from]
    Format(fmt::Error),
    #[display("{name:?} at {:>4}{}", position + 1, if *fatal { "!" } else { "" })]
    At {
        name: &'static str,
        position: usize,
        fatal: bool,
    },
    #[from(&str, String)]
    #[display("text {_0}")]
    Text(#[error(not(source))] String),
    #[display("nested")]
    Nested(#[error(source)] Box<Failure>),
    Unit,
}

#[derive(Debug, Display)]
#[display("{_variant} of {}", std::any::type_name::<T>())]
enum Wrapped<T> {
    #[display("one {_0}")]
    One(u8),
    #[display("two")]
    #[debug("Zwei")]
    Two {
        #[debug(skip)]
        _kind: std::marker::PhantomData<T>,
    },
}

#[derive(Deref, DerefMut, Index, IndexMut, IntoIterator, AsRef, AsMut, From, Clone, Debug)]
struct List<T> {
    #[deref]
    #[deref_mut]
    #[index]
    #[index_mut]
    #[into_iterator(owned, ref, ref_mut)]
    #[as_ref(forward)]
    #[as_mut]
    items: Vec<T>,
}

#[derive(Deref, DerefMut)]
#[deref(forward)]
#[deref_mut(forward)]
struct Boxed(Box<String>);

#[derive(IsVariant, Unwrap, TryUnwrap, TryInto, From, Clone, PartialEq, Debug)]
#[unwrap(ref, ref_mut)]
#[try_unwrap(owned, ref)]
#[try_into(owned, ref)]
enum Choice<T: Clone = ()> {
    Text(String),
    #[from(ignore)]
    More(String),
    #[from(skip)]
    #[try_into(ignore)]
    Generic(Option<T>),
    #[try_into(ignore)]
    #[unwrap(ignore)]
    Empty,
}

#[derive(TryFrom, Debug)]
#[try_from(repr)]
#[repr(i16)]
enum Code {
    Low = -300,
    Next,
    #[allow(dead_code)]
    WithData {},
    High = 7,
}

#[derive(FromStr, Display, Debug)]
#[display(rename_all = "kebab-case")]
#[from_str(rename_all = "kebab-case")]
enum Color {
    DarkRed,
    #[from_str(rename_all = "UPPERCASE")]
    Green,
}

#[derive(AsRef)]
struct References<'a, T: ?Sized> {
    #[as_ref(str, [u8])]
    text: String,
    #[as_ref]
    map: HashMap<u8, u8>,
    _other: &'a T,
}

#[derive(Constructor, Display, Debug)]
#[display("{}-{}", self.a(), _1)]
#[display(bounds(T: Copy + fmt::Display))]
struct Bounded<T>(T, T);

impl<T: Copy> Bounded<T> {
    fn a(&self) -> T {
        self.0
    }
}

#[derive(Clone, Copy, From, Into, Debug)]
#[from(u8, i16)]
#[into(i64, i32)]
struct Wide(i32);

macro_rules! unit {
    ($name:ident, $text:literal) => {
        #[derive(Debug, Display, Error, Constructor)]
        #[display($text)]
        struct $name;
    };
}
unit!(Made, "made by a macro");

fn main() {
    let mut vector = Vector::new(1, 2) + (3, 4).into();
    vector += Vector { x: 1, y: 1 } * 2;
    vector *= 3;
    println!("{vector:?} {:?} {:?}", -vector, [vector, vector / 2].into_iter().sum::<Vector>());
    let (x, y): (&mut i32, &mut i32) = (&mut vector).into();
    std::mem::swap(x, y);
    println!("{:?}", <(i32, i32)>::from(vector));
    let number: Number = "42".parse().unwrap();
    println!("{number} {number:x} {number:E} {} {}", !number, (number & Number(7)) | (number ^ Number(1)));
    println!("{} {:?}", [number, Number(2)].into_iter().product::<Number>(), "x".parse::<Number>().map_err(|e| e.to_string()));
    println!("{:?}", (Quantity::Meters(1) + Quantity::Meters(2)).map_err(|e| e.to_string()));
    println!("{:?}", (Quantity::Box { width: 1, height: 2 } + Quantity::Meters(2)).map_err(|e| e.to_string()));
    println!("{:?}", (!Quantity::None).map_err(|e| e.to_string()));
    let failures = [
        fmt::Error.into(),
        Failure::At { name: "n", position: 9, fatal: true },
        "str".into(),
        Failure::Nested(Box::new(Failure::Unit)),
    ];
    for failure in failures {
        println!("{failure} {failure:?} {:?}", failure.source().map(ToString::to_string));
    }
    println!("{} {}", Wrapped::<u8>::One(1), Wrapped::<u8>::Two { _kind: Default::default() });
    println!("{:?}", Wrapped::<u8>::Two { _kind: Default::default() });
    let mut list = List::from(vec![3, 1, 2]);
    list[0] += 1;
    list.sort();
    for item in &mut list {
        *item *= 10;
    }
    let slice: &[i32] = list.as_ref();
    println!("{slice:?} {} {:?}", list[1..].len(), list.clone().into_iter().rev().collect::<Vec<_>>());
    let mut boxed = Boxed(Box::new("boxed".into()));
    boxed.push('!');
    println!("{}", boxed.len());
    let mut choice = Choice::<u8>::from("text".to_owned());
    choice.unwrap_text_mut().push('s');
    println!(
        "{} {:?} {:?}",
        choice.is_text(),
        choice.unwrap_text_ref(),
        choice.clone().try_unwrap_generic().map_err(|e| e.to_string())
    );
    println!("{:?}", <&String>::try_from(&choice));
    println!("{:?}", String::try_from(Choice::<u8>::Empty).map_err(|error| error.to_string()));
    println!("{:?} {:?}", Code::try_from(-299), Code::try_from(1).map_err(|error| error.to_string()));
    println!("{} {:?} {:?}", Color::DarkRed, "dark-red".parse::<Color>(), "Green".parse::<Color>().map_err(|e| e.to_string()));
    let references = References { text: "ü".into(), map: HashMap::new(), _other: "x" };
    println!("{:?} {:?}", AsRef::<[u8]>::as_ref(&references), AsRef::<HashMap<u8, u8>>::as_ref(&references));
    println!("{} {:?} {}", Bounded::new(1, 2), Wide::from(7u8), i64::from(Wide(1)));
    println!("{} {:?}", Made::new(), Made);
}
