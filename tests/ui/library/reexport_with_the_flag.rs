// A library hands on a macro; downstream the module is named by the flag.
//@ library: reexport
//@ wasm: speaker
//@ run

#[derive(reexport::Speak)]
struct Talker;

fn main() {
    println!("{}", reexport::SAID_HERE);
    println!("{}", reexport::speak!());
    println!("{}", Talker.speak());
    println!("{:?}", reexport::speak_twice!());
}
