// The file system is not there for a macro, and it is told so by an ordinary error.
//@ wasm: surroundings
//@ run
//@ no-native: a native macro reads what it likes

fn main() {
    println!("{}", surroundings::file!());
}
