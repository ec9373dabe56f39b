// A module of the right name and the wrong content on the search path is not taken.
//@ library: reexport
//@ search: speaker_changed

fn main() {
    println!("{}", reexport::speak!());
    //~^ ERROR: found possibly newer version of crate `speaker` which `reexport` depends on
}
