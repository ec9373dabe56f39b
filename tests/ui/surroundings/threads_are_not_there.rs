// There are no threads in a module; the macro is told so by an ordinary error.
//@ wasm: surroundings
//@ run
//@ no-native: a native macro may start threads

fn main() {
    println!("{}", surroundings::thread!());
}
