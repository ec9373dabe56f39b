// The library was built with another module of that name: its macros are not those that the library checked.
//@ library: reexport
//@ wasm: speaker=speaker_changed

extern crate reexport;
//~^ ERROR: found possibly newer version of crate `speaker` which `reexport` depends on

fn main() {
    println!("{}", reexport::speak!());
}
