//! A user's crate of edition 2021, where lints of the edition point into the output of macros.
//@ edition: 2021
//@ flags: -Wrust-2024-compatibility
tokens::dump!(async await dyn try gen c"cstr" r#gen);
tokens::same!(fn gen() -> u8 { 1 } extern "C" {});
tokens::rebuild!(fn gen2(x: Option<u8>) -> u8 { if let Some(y) = x { y } else { gen() } });
#[derive(tokens::Text)]
struct New { r#gen: u8 }

fn main() { println!("{} {} {}", gen(), gen2(None), New::text()); let _ = New { r#gen: 1 }.r#gen; }
