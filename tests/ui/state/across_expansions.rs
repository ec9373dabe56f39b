// Macros that count rely on their statics: in one compilation a module has one state, as a native library has.
//@ wasm: counter
//@ run

#[derive(counter::Remember)]
struct One;

#[derive(counter::Remember)]
struct Two;

fn main() {
    println!("{} {} {}", counter::next!(), counter::next!(), counter::next!());
    println!("{}", counter::peek!());
    println!("{} {}", counter::local!(), counter::local!());
    let (_one, _two) = (One, Two);
    println!("{}", counter::names!());
}
