// `--extern` takes a module as it takes a macro library.
//@ extern: words
//@ extern: other=describe
//@ run

#[derive(other::Describe)]
struct Type;

fn main() {
    println!("{} {}", words::answer!(), Type::DESCRIPTION);
}
