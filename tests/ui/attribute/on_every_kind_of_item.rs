// Wherever the language lets an attribute macro stand, one from a module can stand.
//@ wasm: attributes
//@ check-pass
#![allow(dead_code, unused_imports)]

use attributes::{erase, keep, replace};

#[keep]
mod module {
    #[super::keep]
    pub fn inner() {}
}

#[keep]
trait Trait {
    #[keep]
    fn method(&self) {}
    #[keep]
    const CONSTANT: u8 = 1;
    #[keep]
    type Type;
}

#[keep]
impl Trait for u8 {
    #[keep]
    fn method(&self) {}
    #[keep]
    type Type = u8;
}

#[keep]
enum Choice {
    A,
}

#[keep]
union Both {
    a: u8,
}

#[keep]
type Alias = u8;

#[keep]
static STATIC: u8 = 1;

#[keep]
use std::fmt::Debug as _;

#[keep]
unsafe extern "C" {
    #[keep]
    safe fn abs(n: i32) -> i32;
}

#[keep]
macro_rules! example {
    () => {};
}
example!();

#[erase]
fn gone() -> Nowhere {}

#[replace(fn replaced() -> u8 { 7 })]
struct Replaced(Nowhere);

#[cfg_attr(all(), keep)]
#[cfg_attr(any(), erase)]
fn conditional() {}

fn main() {
    module::inner();
    conditional();
    let _: u8 = replaced();
    #[keep]
    fn local() {}
    local();
}
