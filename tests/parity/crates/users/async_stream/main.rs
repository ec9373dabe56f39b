//! Streams with `yield`, `?` and `for await` in every place where they may stand.
//@ edition: 2021
//@ library: async_stream futures
//@ macros: async_stream_impl

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_stream::{stream, try_stream};
use futures::stream::{Stream, StreamExt, TryStreamExt, iter};

fn numbers(up_to: u32) -> impl Stream<Item = u32> {
    stream! {
        for number in 0..up_to {
            if number % 3 == 1 {
                continue;
            }
            yield number;
        }
    }
}

fn doubled<S: Stream<Item = u32> + Unpin>(input: S) -> impl Stream<Item = u32> {
    stream! {
        for await value in input {
            yield value * 2;
        }
    }
}

fn parsed<'a>(words: &'a [&'a str]) -> impl Stream<Item = Result<i64, std::num::ParseIntError>> + 'a {
    try_stream! {
        let mut sum = 0;
        for word in words {
            let number: i64 = word.parse()?;
            sum += number;
            yield sum;
        }
    }
}

fn nested() -> impl Stream<Item = String> {
    stream! {
        let inner = stream! {
            yield "inner".to_owned();
            let innermost = stream! { yield 'x'; yield 'y'; };
            futures::pin_mut!(innermost);
            while let Some(letter) = innermost.next().await {
                yield letter.to_string();
            }
        };
        for await text in inner {
            match &*text {
                "x" => yield format!("<{text}>"),
                other => {
                    let other = other.len();
                    yield other.to_string()
                }
            }
        }
        let closure = |text: &str| text.to_uppercase();
        yield closure("end");
    }
}

fn references<'a>(texts: &'a mut Vec<String>) -> impl Stream<Item = &'a str> + 'a {
    stream! {
        texts.push("pushed".into());
        for text in texts.iter() {
            yield &**text;
        }
    }
}

struct Counter(u8);

impl Counter {
    fn count(&mut self) -> impl Stream<Item = u8> + '_ {
        stream! {
            'outer: loop {
                loop {
                    self.0 += 1;
                    if self.0 > 3 { break 'outer }
                    yield self.0;
                    if self.0 == 2 { break }
                }
            }
        }
    }
}

macro_rules! repeat {
    ($value:expr, $times:expr) => {
        stream! { for _ in 0..$times { yield $value; } }
    };
}

fn fails() -> impl Stream<Item = Result<u8, Box<dyn std::error::Error>>> {
    try_stream! {
        yield 1;
        for await value in iter([Ok(2), Err("three")]) {
            let value: u8 = value?;
            yield value;
        }
        yield 4;
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

fn main() {
    block_on(async {
        println!("{:?}", numbers(8).collect::<Vec<_>>().await);
        println!("{:?}", doubled(Box::pin(numbers(5))).collect::<Vec<_>>().await);
        println!("{:?}", parsed(&["1", "2", "-9"]).try_collect::<Vec<_>>().await);
        println!("{:?}", parsed(&["1", "two", "3"]).collect::<Vec<_>>().await);
        println!("{:?}", nested().collect::<Vec<_>>().await);
        println!("{:?}", references(&mut vec!["there".into()]).collect::<Vec<_>>().await);
        println!("{:?}", Counter(0).count().collect::<Vec<_>>().await);
        println!("{:?}", repeat!("again", 2).collect::<Vec<_>>().await);
        println!("{:?}", fails().map(|result| result.map_err(|error| error.to_string())).collect::<Vec<_>>().await);
        println!("{:?}", stream! {}.collect::<Vec<()>>().await);
    });
}
