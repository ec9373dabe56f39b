//! Messages, enumerations and oneofs of protocol buffers, with every type and kind of field.
//@ edition: 2021
//@ library: prost
//@ macros: prost_derive

use std::collections::{BTreeMap, HashMap};

use prost::{Enumeration, Message, Oneof};

/// All scalar types.
#[derive(Clone, PartialEq, Message)]
pub struct Scalars {
    #[prost(double, tag = "1")]
    pub double: f64,
    #[prost(float, tag = "2")]
    pub float: f32,
    #[prost(int32, tag = "3")]
    pub int32: i32,
    #[prost(int64, optional, tag = "4")]
    pub int64: Option<i64>,
    #[prost(uint32, required, tag = "5")]
    pub uint32: u32,
    #[prost(uint64, repeated, tag = "6")]
    pub uint64: Vec<u64>,
    #[prost(sint32, repeated, packed = "false", tag = "7")]
    pub sint32: Vec<i32>,
    #[prost(sint64, tag = "8", default = "-5")]
    pub sint64: i64,
    #[prost(fixed32, tag = "9")]
    pub fixed32: u32,
    #[prost(fixed64, optional, tag = "10", default = "12")]
    pub fixed64: Option<u64>,
    #[prost(sfixed32, tag = "15")]
    pub sfixed32: i32,
    #[prost(sfixed64, tag = "16")]
    pub sfixed64: i64,
    #[prost(bool, tag = "536870911")]
    pub r#bool: bool,
    #[prost(string, tag = "20", default = "de\"fault")]
    pub string: String,
    #[prost(bytes = "vec", tag = "21", default = "b\"\\x00\\xff\"")]
    pub bytes: Vec<u8>,
    #[prost(string, repeated, tag = "23")]
    pub strings: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enumeration)]
#[repr(i32)]
pub enum Color {
    Red = 0,
    /// Not in order.
    Green = 5,
    Blue = 2,
    Negative = -1,
}

#[derive(Clone, PartialEq, Message)]
#[prost(prost_path = "::prost")]
pub struct Composite {
    #[prost(enumeration = "Color", tag = "1")]
    pub color: i32,
    #[prost(enumeration = "Color", repeated, tag = "2")]
    pub colors: Vec<i32>,
    #[prost(enumeration = "Color", optional, tag = "3", default = "Green")]
    pub maybe: Option<i32>,
    #[prost(message, optional, tag = "4")]
    pub scalars: Option<Scalars>,
    #[prost(message, repeated, tag = "5")]
    pub children: Vec<Composite>,
    #[prost(message, required, boxed, tag = "6")]
    pub boxed: Box<Leaf>,
    #[prost(map = "string, message", tag = "7")]
    pub by_name: HashMap<String, Leaf>,
    #[prost(btree_map = "int32, enumeration(Color)", tag = "8")]
    pub by_number: BTreeMap<i32, i32>,
    #[prost(group, optional, tag = "9")]
    pub group: Option<Leaf>,
    #[prost(oneof = "composite::Choice", tags = "10, 11, 12, 14")]
    pub choice: Option<composite::Choice>,
    #[prost(btree_map = "bool, bytes", tag = "13")]
    pub flags: BTreeMap<bool, Vec<u8>>,
}

pub mod composite {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Choice {
        #[prost(string, tag = "10")]
        Text(String),
        #[prost(message, tag = "11")]
        Nested(::prost::alloc::boxed::Box<super::Composite>),
        #[prost(enumeration = "super::Color", tag = "12")]
        Color(i32),
        #[prost(message, tag = "14")]
        Empty(super::Empty),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Message)]
pub struct Empty {}

#[derive(Clone, PartialEq, Message)]
pub struct Leaf {
    #[prost(uint32)]
    pub first: u32,
    #[prost(string)]
    pub second: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Tuple(#[prost(int32, tag = "1")] pub i32, #[prost(string, tag = "2")] pub String);

#[derive(Message)]
#[prost(skip_debug)]
pub struct Silent {
    #[prost(oneof = "Alone", tags = "1")]
    pub alone: Option<Alone>,
}

impl std::fmt::Debug for Silent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Silent")
    }
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Alone {
    #[prost(bytes = "vec", tag = "1")]
    Bytes(Vec<u8>),
}

fn round<M: Message + Default + PartialEq>(message: &M) -> M {
    let bytes = message.encode_to_vec();
    println!("{} {:02x?}", message.encoded_len(), bytes);
    let again = M::decode(&*bytes).expect("what was encoded can be decoded");
    assert!(again == *message);
    again
}

fn main() {
    let mut scalars = Scalars::default();
    println!("{scalars:?} {} {}", scalars.fixed64(), scalars.int64());
    scalars =
        Scalars { double: 1.5, int32: -1, uint64: vec![1, 300], sint32: vec![-1, 1], r#bool: true, bytes: vec![1], ..scalars };
    println!("{:?}", round(&scalars));
    scalars.clear();
    assert_eq!(scalars, Scalars::default());

    let leaf = Leaf { first: 1, second: "leaf".into() };
    let mut composite = Composite { boxed: Box::new(leaf.clone()), group: Some(leaf.clone()), ..Default::default() };
    println!("{:?} {:?}", composite.color(), composite.maybe());
    composite.set_color(Color::Green);
    composite.push_colors(Color::Blue);
    composite.push_colors(Color::Negative);
    composite.set_maybe(Color::Blue);
    composite.by_name.insert("one".into(), leaf);
    composite.by_number.insert(-7, Color::Blue.into());
    composite.flags.insert(true, vec![2]);
    let mut outer = Composite { children: vec![composite.clone()], ..Default::default() };
    outer.choice = Some(composite::Choice::Nested(Box::new(composite)));
    let outer = round(&outer);
    println!("{outer:?} {:?}", outer.children[0].colors().collect::<Vec<_>>());
    for choice in [composite::Choice::Text("t".into()), composite::Choice::Color(9), composite::Choice::Empty(Empty {})] {
        println!("{:?}", round(&Composite { choice: Some(choice), ..Default::default() }).choice);
    }
    println!("{:?} {:?}", Color::try_from(5), Color::try_from(4).map_err(|error| error.to_string()));
    println!("{} {:?}", Color::is_valid(2), Color::default());
    println!("{:?}", round(&Tuple(3, "three".into())));
    println!("{:?}", Silent { alone: Some(Alone::Bytes(vec![1])) }.encode_to_vec());
    println!("{}", Leaf::decode(&[0x0a, 0xff][..]).unwrap_err());
}
