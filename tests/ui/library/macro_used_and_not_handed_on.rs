// A library that used a macro only for itself still has the macro crate among its dependencies, which must be findable.
//@ library: user_only
//@ search: speaker
//@ run

fn main() {
    println!("{}", user_only::Talker.speak());
}
