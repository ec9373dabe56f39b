//! A thread is started, or the macro is told in the usual way that there are none.

fn main() {
    println!("{}", surroundings::thread!());
}
