// A file that is not the package's is refused, and the expansion with it, whatever the macro makes of the error.
//@ wasm: surroundings
//@ no-native: a native macro reads what it likes

fn main() {
    println!("{}", surroundings::file!());
    //~^ ERROR: was refused reading `/proc/self/exe`
}
