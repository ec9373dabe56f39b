//! Every implementation of a trait that `proc_macro` has, and what it does.

implementations::all!(const USED: &[u8] = b"used" ;);

fn main() {
    println!("{USED:?}");
}
