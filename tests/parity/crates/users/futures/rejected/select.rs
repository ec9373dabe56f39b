//! Branches of `select!` and futures of `join!` that make no sense.
//@ edition: 2021
//@ library: futures
//@ macros: futures_macro
//@ count: 7

use futures::future::ready;
use futures::{join, select, stream_select, try_join};

async fn inputs() {
    select! {}
    select! { a = ready(1) }
    select! { a = ready(1) => 1, default => 2, default => 3 }
    select! { complete => 1, a ready(1) => 2 }
    select! { a = ready(1) => 1 b = ready(2) => 2 }
    join!(1 +);
    let _ = stream_select!(,);
    try_join!(ready(Ok::<u8, ()>(1)); ready(2));
}

fn main() {}
