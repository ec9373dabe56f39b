//! It can be used as any other crate.

extern crate none as _;
#[allow(unused_imports)]
use none::*;

fn main() {
    println!("no macros");
}
