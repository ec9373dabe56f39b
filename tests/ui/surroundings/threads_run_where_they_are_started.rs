// A module has one stack: a thread that a macro starts runs where the macro waits for it.
//@ wasm: surroundings
//@ run

fn main() {
    println!("{}", surroundings::thread!());
}
