//! Fields whose attributes are missing, unknown, doubled or without sense; the derive says so by panicking.
//@ edition: 2021
//@ library: prost
//@ macros: prost_derive
//@ count: 13

use prost::{Enumeration, Message, Oneof};

#[derive(Message)]
struct Unknown {
    #[prost(int31, tag = "1")]
    a: i32,
}

#[derive(Message)]
struct NoAttribute {
    a: i32,
}

#[derive(Message)]
struct SameTag {
    #[prost(int32, tag = "1")]
    a: i32,
    #[prost(int32, tag = "1")]
    b: i32,
}

#[derive(Message)]
struct BadTag {
    #[prost(int32, tag = "x")]
    a: i32,
}

#[derive(Message)]
struct TwoTypes {
    #[prost(int32, string, tag = "1")]
    a: i32,
}

#[derive(Message)]
struct TwoLabels {
    #[prost(int32, optional, repeated, tag = "1")]
    a: i32,
}

#[derive(Message)]
struct BadDefault {
    #[prost(int32, tag = "1", default = "a lot")]
    a: i32,
}

#[derive(Message)]
enum NotAStruct {
    A,
}

#[derive(Enumeration)]
enum NoValues {
    A(u8),
}

#[derive(Enumeration)]
enum NoVariants {}

#[derive(Oneof)]
enum TwoFields {
    #[prost(int32, tag = "1")]
    A(i32, i32),
}

#[derive(Oneof)]
enum NoTag {
    #[prost(int32)]
    A(i32),
}

#[derive(Oneof)]
struct NotAnEnum;

fn main() {}
