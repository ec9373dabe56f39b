// The name on the command line is the name in the program; the crate's own name is not there.
//@ wasm: renamed=words
//@ run

extern crate renamed as renamed_again;

fn main() {
    println!("{} {} {}", renamed::answer!(), ::renamed::answer!(), renamed_again::answer!());
}
