//! Fields whose Rust type is not the one that the attribute promises.
//@ edition: 2021
//@ library: prost
//@ macros: prost_derive
//@ count: 9

#[derive(Clone, PartialEq, prost::Message)]
struct Wrong {
    #[prost(int32, tag = "1")]
    text: String,
    #[prost(message, optional, tag = "2")]
    missing: Option<Absent>,
    #[prost(enumeration = "Nowhere", tag = "3")]
    enumeration: i32,
}

fn main() {}
