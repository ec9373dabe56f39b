// A module has one thread: what a macro starts runs to its end before the macro goes on.
//@ wasm: surroundings
//@ run

fn main() {
    println!("{}", surroundings::thread!());
}
