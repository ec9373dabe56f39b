//! Bodies that are not Rust, and statements that are wrong where they stand.
//@ edition: 2021
//@ library: async_stream futures
//@ macros: async_stream_impl
//@ count: 4

use async_stream::{stream, try_stream};
use futures::Stream;

fn syntax() -> impl Stream<Item = u8> {
    stream! { let = 1; yield 1; }
}

fn awaited() -> impl Stream<Item = u8> {
    stream! { for await 3 + in other { yield 1 } }
}

fn wrong_type() -> impl Stream<Item = u8> {
    stream! { yield 1u8; yield "two"; }
}

fn no_error() -> impl Stream<Item = Result<u8, std::fmt::Error>> {
    try_stream! { let x: u8 = "1".parse()?; yield x; }
}

fn main() {}
