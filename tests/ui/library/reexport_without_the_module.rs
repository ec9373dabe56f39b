// The library needs its macro crate downstream; without it, rustc's own words.
//@ library: reexport

extern crate reexport;
//~^ ERROR: can't find crate for `speaker` which `reexport` depends on

fn main() {
    println!("{}", reexport::speak!());
}
