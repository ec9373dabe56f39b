// Names that are keywords, or not ASCII, go through the declarations and the stub unharmed.
//@ wasm: describe
//@ run

use describe::{Größe, r#type as Keyword};

#[derive(describe::r#type)]
#[r#match(a helper that is a keyword)]
struct First;

#[derive(Keyword)]
struct Second;

#[derive(Größe)]
#[allow(dead_code)]
struct Third {
    länge: u8,
    breite: u8,
}

fn main() {
    println!("{} {} {}", First::KEYWORD, Second::KEYWORD, Third::GRÖSSE);
}
