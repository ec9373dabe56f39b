// The same by a path instead of `extern crate`: rustc does not say there which crate is missing, natively neither.
//@ library: reexport

fn main() {
    println!("{}", reexport::speak!());
    //~^ ERROR: can't find crate for `reexport`
}
