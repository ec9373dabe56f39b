// Several modules live side by side in one compilation, each with its own macros and its own state.
//@ wasm: describe
//@ wasm: attributes
//@ wasm: words
//@ wasm: counter
//@ run

use describe::Describe;

#[attributes::keep]
#[derive(Describe)]
struct Mixed;

fn main() {
    println!("{} {}", Mixed::DESCRIPTION, words::answer!());
    println!("{} {} {}", counter::next!(), words::echo!(counter::next!()), counter::next!());
}
