// A library hands on a macro; downstream the module is only somewhere on the search path, as Cargo leaves its files.
//@ library: reexport
//@ search: speaker
//@ run

#[derive(reexport::Speak)]
struct Talker;

fn main() {
    println!("{} {} {:?}", reexport::speak!(), Talker.speak(), reexport::speak_twice!());
}
