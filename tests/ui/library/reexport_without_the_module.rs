// The library needs its macro crate downstream; without it, rustc's own words.
//@ library: reexport

fn main() {
    println!("{}", reexport::speak!());
    //~^ ERROR: can't find crate for `speaker` which `reexport` depends on
}
