//! `TryInto` to several types: the implementations are equal, their order is that of a hash map with a fixed hasher, which hashes
//! `usize` and so depends on the width of pointers.
//@ edition: 2021
//@ library: derive_more
//@ macros: derive_more_impl

use derive_more::TryInto;

#[derive(TryInto)]
enum Value {
    Byte(u8),
    Word(u16),
    Text(String),
    Flag(bool),
    Pair(u8, u8),
}

fn main() {
    println!("{:?}", u8::try_from(Value::Byte(1)).ok());
    println!("{:?}", u16::try_from(Value::Word(2)).ok());
    println!("{:?}", String::try_from(Value::Text("text".into())).ok());
    println!("{:?} {:?}", bool::try_from(Value::Flag(true)).ok(), <(u8, u8)>::try_from(Value::Pair(1, 2)).ok());
}
