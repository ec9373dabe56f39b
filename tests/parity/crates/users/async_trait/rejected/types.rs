//! What the compiler finds in the rewritten methods: wrong types, futures that are not `Send`, lifetimes that are too short.
//@ edition: 2021
//@ macros: async_trait
//@ count: 6

use std::rc::Rc;

use async_trait::async_trait;

#[async_trait]
trait Service {
    async fn number(&self) -> u8 {
        "text"
    }

    async fn call(&self, text: &str) -> String;

    async fn kept(&self, shared: Rc<u8>) {
        other().await;
        drop(shared);
    }
}

async fn other() {}

struct Missing;

#[async_trait]
impl Service for Missing {}

struct Different;

#[async_trait]
impl Service for Different {
    async fn call(&self, text: u8) -> String {
        undefined(text)
    }
}

struct Plain;

impl Service for Plain {
    async fn call(&self, text: &str) -> String {
        text.into()
    }
}

fn main() {}
