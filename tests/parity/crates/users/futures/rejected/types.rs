//! Futures and branches whose types do not fit, which only the compiler sees in what was generated.
//@ edition: 2021
//@ library: futures
//@ macros: futures_macro
//@ count: 7

use futures::future::ready;
use futures::{join, select, try_join};

async fn types() {
    let (_, _) = join!(ready(1), 2);
    let mut first = ready(1);
    let number: u8 = select! {
        a = first => a,
        b = ready("b") => b,
    };
    let not_fused = async { 1 };
    select! { a = not_fused => a };
    let tried: Result<(u8, u8), u8> = try_join!(ready(Ok(1)), ready(Err("e")));
}

fn main() {}
