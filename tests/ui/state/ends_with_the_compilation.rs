// The next compilation begins at zero again: nothing of a module's state is cached.
//@ wasm: counter
//@ run

fn main() {
    println!("{}", counter::next!());
}
