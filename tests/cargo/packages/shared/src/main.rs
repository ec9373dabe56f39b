//! Says what its macro has made.

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("bad {0}")]
    Bad(u32),
}

fn main() {
    println!("{}", Trouble::Bad(3));
}
