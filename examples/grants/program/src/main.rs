//! Prints what the macro has made.

fn main() {
    println!("{}", macros::greeting!());
}
