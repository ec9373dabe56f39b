// A block of memory belongs to one value at a time, whatever its size, and keeps what was written to it.
//@ wasm: surroundings
//@ run

fn main() {
    println!("{:?}", surroundings::many_blocks!());
}
