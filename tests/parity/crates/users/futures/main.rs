//! `select!`, `join!` and their relatives, which are function-like macros behind macros by example.
//@ edition: 2021
//@ library: futures
//@ macros: futures_macro

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures::channel::{mpsc, oneshot};
use futures::future::{self, FutureExt, TryFutureExt};
use futures::stream::{self, FusedStream, StreamExt};
use futures::{SinkExt, join, pending, pin_mut, poll, select, select_biased, stream_select, try_join};

async fn joined() -> (u8, &'static str, Result<u8, ()>) {
    let named = async { "named" };
    join!(async { 1 }, named, future::ready(Ok(3)),)
}

async fn tried(fail: bool) -> Result<(u8, u8), String> {
    let second = async move { if fail { Err("second failed".to_owned()) } else { Ok(2) } };
    try_join!(async { Ok(1) }, second)
}

async fn selected() -> Vec<String> {
    let mut said = Vec::new();
    let (mut to, mut from) = mpsc::channel::<u8>(4);
    let (done, mut finished) = oneshot::channel::<()>();
    to.send(1).await.unwrap();
    to.send(2).await.unwrap();
    drop(to);
    drop(done);
    loop {
        select_biased! {
            item = from.next() => match item {
                Some(item) => said.push(format!("item {item}")),
                None => said.push("closed".to_owned()),
            },
            end = finished => {
                said.push(format!("{:?}", end.map_err(|error| error.to_string())));
            }
            default => said.push("nothing is ready".to_owned()),
            complete => break,
        }
        if from.is_terminated() && said.len() > 4 {
            break;
        }
    }
    said
}

async fn one_of_many() -> i32 {
    let mut slow = future::pending::<i32>().fuse();
    let mut fast = Box::pin(async { 5 }).fuse();
    let quick = async { 6 }.fuse();
    pin_mut!(quick);
    let first = select! {
        value = slow => value,
        (value) = fast => value * 10,
        complete => unreachable!(),
    };
    first
        + select! {
            value @ 0..=9 | value = quick => value,
            other = future::ready(7) => { let _ = other; 6 },
        }
}

async fn expressions(offset: u8) -> u8 {
    let mut numbers = stream::iter([1u8, 2, 3]).fuse();
    let mut sum = offset;
    loop {
        sum += select! {
            number = numbers.select_next_some() => number,
            complete => break sum,
        };
    }
}

async fn nested() -> u8 {
    let mut outer = future::ready(1).fuse();
    select! {
        one = outer => {
            let mut inner = future::ready(2).fuse();
            one + select! { two = inner => join!(async { two }, async { 3 }).1 }
        }
    }
}

async fn polled() -> String {
    let never = future::pending::<()>();
    pin_mut!(never);
    let before = poll!(&mut never);
    let after = poll!(future::ready('r'));
    let mut first = true;
    let resumed = future::poll_fn(move |context| {
        if std::mem::take(&mut first) {
            context.waker().wake_by_ref();
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(())
    });
    let waits = async {
        pending!();
        9
    };
    pin_mut!(waits);
    let once = poll!(waits.as_mut());
    resumed.await;
    format!("{before:?} {after:?} {once:?} {}", waits.await)
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
        println!("{:?}", joined().await);
        println!("{:?} {:?}", tried(false).await, tried(true).await);
        println!("{:?}", selected().await);
        println!("{} {} {}", one_of_many().await, expressions(10).await, nested().await);
        println!("{}", polled().await);
        let mut both = stream_select!(stream::iter([1, 2]), stream::iter([10]), stream::empty());
        let mut all = Vec::new();
        while let Some(number) = both.next().await {
            all.push(number);
        }
        all.sort();
        println!("{all:?}");
        println!("{:?}", async { Err::<u8, _>("e") }.map_err(str::len).await);
    });
}
