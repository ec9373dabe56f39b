//! All channels of a compilation that succeeds.

different::say!();

fn main() {
    println!("{}", different::number!());
    eprintln!("{}", different::number!());
    std::process::exit(different::number!());
}
