// Downstream the module has another name on the command line; the library's crate is found all the same.
//@ library: reexport
//@ wasm: announcer=speaker
//@ run

fn main() {
    println!("{} {}", reexport::speak!(), announcer::speak!());
}
