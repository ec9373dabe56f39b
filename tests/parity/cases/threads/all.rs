//! Threads that are waited for do what they do natively.

fn main() {
    println!("{}", threads::joined!());
    println!("{}", threads::scoped!());
    println!("{}", threads::panics!());
    println!("{}", threads::channels!());
    println!("{}", threads::waits!());
    println!("{}", threads::locals!());
}
