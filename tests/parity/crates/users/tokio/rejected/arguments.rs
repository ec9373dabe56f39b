//! Arguments of the attributes that are unknown, doubled, of the wrong type or at odds with each other.
//@ edition: 2024
//@ library: tokio
//@ macros: tokio_macros
//@ count: 12

#[tokio::main(flavor = "many_threads")]
async fn flavor() {}

#[tokio::main(worker_threads = "two")]
async fn text() {}

#[tokio::main(worker_threads = 0)]
async fn zero() {}

#[tokio::main(flavor = "current_thread", worker_threads = 2)]
async fn conflict() {}

#[tokio::main(flavor = "current_thread", flavor = "current_thread")]
async fn twice() {}

#[tokio::main(unknown = 1)]
async fn unknown() {}

#[tokio::main(multi_thread)]
async fn old() {}

#[tokio::main(crate = 5)]
async fn not_a_path() {}

#[tokio::main(start_paused = "yes")]
async fn not_a_flag() {}

#[tokio::main]
fn not_async() {}

#[tokio::main]
struct Item;

#[tokio::test]
#[test]
async fn test_twice() {}

fn main() {}
