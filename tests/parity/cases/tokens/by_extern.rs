//! Macros that are passed by `--extern` in both builds.
//@ by: extern

use tokens::{Text, text};

tokens::dump!(a + 'b "c" (d));
#[derive(Text)]
#[tokens::seen(argument)]
struct Type;

fn main() {
    println!("{} {}", Type::text(), text!(x));
}
