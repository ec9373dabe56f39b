//! A user's crate of edition 2018.
//@ edition: 2018
tokens::dump!(async await dyn try r#async gen z"prefix" c"prefix" f#x 'a#b);
tokens::same!(fn panics() -> &'static str { let array = [1u8]; for x in array.into_iter() { let _: &u8 = x; } "2018" });
tokens::rebuild!(fn pattern(x: u8) -> bool { match x { 0...5 => true, _ => false } });

fn main() { println!("{} {}", panics(), pattern(3)); }
