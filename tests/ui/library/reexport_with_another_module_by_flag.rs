// The library was built with another module of that name: its macros are not those that the library checked.
//@ library: reexport
//@ wasm: speaker=speaker_changed

fn main() {
    println!("{}", reexport::speak!());
    //~^ ERROR: found possibly newer version of crate `speaker` which `reexport` depends on
}
