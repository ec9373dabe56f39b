// The flag beats any `--extern` of the same name, be it of an ordinary library.
//@ library: arithmetic
//@ wasm: arithmetic=words
//@ run
//@ no-native: it is about the flag

fn main() {
    println!("{}", arithmetic::answer!());
}
