//! Attributes, derives and calls where the compiler refuses them, and output that it cannot parse.
//@ errors:
#![allow(dead_code)]

#[derive(tokens::Seen)] fn function() {}
#[tokens::Seen] struct Derived;
#[tokens::dump] struct Bang;
#[derive(tokens::dump)] struct BangAsDerive;
tokens::seen!();
tokens::missing!();
#[helper] struct WithoutDerive;
tokens::same!(struct Unfinished { a: );
fn statement() { tokens::same!(let x = ;); tokens::rebuild!(1 +); let y: u8 = tokens::text!(x); let z = tokens::dump!(); }
fn pattern() { let tokens::same!(Some(x)) = 1; let _: tokens::same!(Vec<) = 1; }
struct Positions { field: tokens::same!(u8 u8) }
#[tokens::same] struct AsAttribute;
tokens::rebuild!(pub fn two() {} pub fn two() {});
fn types() { let x: u8 = tokens::rebuild!("text"); let _: u8 = tokens::same!(x.unknown()); tokens::reparse!(undefined(1)); }

fn main() {}
