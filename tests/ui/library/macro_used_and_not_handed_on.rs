// A library that only used a macro for itself does not need it downstream.
//@ library: user_only
//@ run

fn main() {
    println!("{}", user_only::Talker.speak());
}
