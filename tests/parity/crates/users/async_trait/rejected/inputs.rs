//! Items and arguments that the attribute does not take.
//@ edition: 2021
//@ macros: async_trait
//@ count: 6

use async_trait::async_trait;

#[async_trait(Send)]
trait Argument {
    async fn run(&self);
}

#[async_trait]
struct Struct;

#[async_trait]
fn function() {}

#[async_trait]
mod module {}

#[async_trait]
trait Syntax {
    async fn run(&self) -> ;
}

fn main() {}
