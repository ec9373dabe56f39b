// All these cases would pass with native macros as well; this one would not.
//@ wasm: surroundings
//@ run
//@ no-native: it is the proof that the others run WebAssembly

fn main() {
    println!("{}", surroundings::built_for!());
}
