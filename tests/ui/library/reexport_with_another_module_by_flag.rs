// The library was built with another module of that name: its macros are not those that the library checked.
//@ library: reexport
//@ wasm: speaker=speaker_changed

extern crate reexport;
//~^ ERROR: can't find crate for `speaker` which `reexport` depends on

fn main() {
    println!("{}", reexport::speak!());
}
