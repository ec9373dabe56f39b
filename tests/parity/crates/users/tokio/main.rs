//! `main` and `test` with all that they can be told, and the macros behind `select!`.
//@ edition: 2024
//@ library: tokio
//@ macros: tokio_macros

use std::fmt::Display;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

extern crate tokio as runtime;

#[tokio::main(flavor = "current_thread")]
async fn plain() -> &'static str {
    tokio::task::yield_now().await;
    "plain"
}

#[tokio::main(worker_threads = 2)]
async fn threads<'a, T, const N: usize>(texts: &'a [T; N], mut more: Vec<String>) -> usize
where
    T: Display + 'a,
{
    more.extend(texts.iter().map(ToString::to_string));
    let lengths = more.into_iter().map(|text| tokio::spawn(async move { text.len() }));
    let mut sum = 0;
    for length in lengths {
        sum += length.await.unwrap();
    }
    sum
}

#[tokio::main(flavor = "current_thread", crate = "runtime")]
/// Documentation after the attribute.
#[must_use]
async fn fallible(text: &str) -> Result<u16, Box<dyn std::error::Error>> {
    if text.is_empty() {
        return Err("empty".into());
    }
    let number = text.parse::<u16>()?;
    Ok(number.checked_add(1).ok_or("too large")?)
}

struct Server {
    name: String,
}

impl Server {
    #[runtime::main(flavor = "multi_thread", worker_threads = 1)]
    pub async fn serve(&mut self, (first, _): (u8, u8)) -> &String {
        self.name.push_str(&first.to_string());
        &self.name
    }

    #[tokio::main(flavor = "local")]
    #[cfg(any())]
    async fn left_out() {}
}

macro_rules! entry {
    ($name:ident => $body:block) => {
        #[tokio::main(flavor = "current_thread")]
        async fn $name() -> i32 $body
    };
}
entry!(from_macro => { let number = 20; async { number + 1 }.await });

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn compiled_only_as_a_test() {
        assert_eq!(1 + 1, 2);
    }
}

#[allow(dead_code, unused)]
mod also_without_tests {
    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn stays_out() -> Result<(), std::io::Error> {
        Ok(())
    }
}

async fn selects() {
    let (to, mut from) = mpsc::channel(2);
    let (answer, mut asked) = oneshot::channel();
    let (changes, mut changed) = watch::channel(0);
    to.send(Some(3)).await.unwrap();
    let enabled = from.capacity() > 100;
    let label = tokio::select! {
        biased;
        Some(None) = from.recv() => "pattern that does not match".to_owned(),
        Ok(()) = &mut asked, if enabled => "disabled".to_owned(),
        _ = changed.changed() => unreachable!("nothing has changed"),
        number = async { tokio::time::sleep(Duration::from_millis(1)).await; 5u8 } => {
            let doubled = number * 2;
            format!("timer {doubled}")
        }
    };
    println!("{label}");
    answer.send(()).unwrap();
    changes.send(1).unwrap();
    drop((to, changes));
    let mut rounds = 0;
    while rounds < 3 {
        tokio::select! {
            biased;
            end = &mut asked, if rounds == 0 => println!("{rounds}: {end:?}"),
            Ok(()) = changed.changed() => println!("{rounds}: changed to {}", *changed.borrow_and_update()),
            Some(_) = from.recv() => unreachable!(),
            else => println!("{rounds}: nothing is left"),
        }
        rounds += 1;
    }
}

async fn many() -> u32 {
    async fn never() -> u32 {
        std::future::pending().await
    }
    tokio::select! {
        n = never() => n, n = never() => n, n = never() => n, n = never() => n, n = never() => n, n = never() => n,
        n = never() => n, n = never() => n, n = never() => n, n = never() => n, n = never() => n, n = never() => n,
        n = never() => n, n = never() => n, n = never() => n, n = never() => n, n = never() => n, n = never() => n,
        ref n @ 1..=100 = async { 42 } => *n + 1,
        else => 0,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    selects().await;
    println!("{}", many().await);
    println!(
        "{:?}",
        tokio::join!(async { 1 }, async {
            tokio::task::yield_now().await;
            "two"
        })
    );
    println!("{:?}", tokio::try_join!(async { Ok::<u8, String>(1) }, async { Err::<(), _>("failed".to_owned()) }));
    let outside = std::thread::spawn(|| {
        let mut server = Server { name: "server".into() };
        println!("{} {} {}", plain(), threads(&["a", "bc"], vec!["def".into()]), from_macro());
        println!("{:?} {}", fallible("41").unwrap(), fallible("").unwrap_err());
        println!("{} {}", fallible("x").unwrap_err(), server.serve((7, 0)));
    });
    outside.join().unwrap();
}
