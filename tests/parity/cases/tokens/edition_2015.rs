//! A user's crate of edition 2015, with words that are keywords later.
//@ edition: 2015
#[macro_use]
extern crate tokens;
use tokens::Text;

dump!(async await dyn try gen r#async r#try 'a "s" c"no" b"b" k#fn);
same!(fn async() -> &'static str { "async" } trait Anonymous { fn f(u8); });
rebuild!(fn dyn() -> &'static str { "dyn" });
#[derive(Text)]
#[allow(dead_code)]
struct Old { async: u8 }

fn main() { println!("{} {} {}", async(), dyn(), Old::text()); }
