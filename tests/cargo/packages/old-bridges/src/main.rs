//! Says the name of its type twice.

#[derive(older::Older, oldest::Oldest)]
struct Name;

fn main() {
    println!("{} {}", Name.older(), Name.oldest());
}
