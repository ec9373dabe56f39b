// The program's own macro crate and the library's have one name and are two crates.
//@ library: reexport
//@ search: speaker
//@ wasm: mine=speaker_changed
//@ run

fn main() {
    println!("{} {}", reexport::speak!(), mine::speak!());
}
