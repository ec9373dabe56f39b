// Randomness and time are there: hash maps and clocks need them.
//@ wasm: surroundings
//@ run

fn main() {
    println!("{:?}", surroundings::hash_and_clock!());
}
