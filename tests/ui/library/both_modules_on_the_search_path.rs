// Of two modules of one name the one that the library was built with is taken, wherever it stands.
//@ library: reexport
//@ search: speaker_changed
//@ search: speaker
//@ run

fn main() {
    println!("{}", reexport::speak!());
}
