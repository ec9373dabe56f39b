// A module of the right name and the wrong content on the search path is not taken.
//@ library: reexport
//@ search: speaker_changed

extern crate reexport;
//~^ ERROR: can't find crate for `speaker` which `reexport` depends on

fn main() {
    println!("{}", reexport::speak!());
}
