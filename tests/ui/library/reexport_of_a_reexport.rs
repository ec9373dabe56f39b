// A macro that two libraries hand on, one after the other.
//@ library: reexport_again
//@ search: speaker
//@ run

use reexport_again::macros::*;

fn main() {
    println!("{} {:?}", speak!(), speak_twice!());
}
