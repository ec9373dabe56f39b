// In edition 2015 a crate is named by `extern crate`, with and without `#[macro_use]`.
//@ edition: 2015
//@ wasm: words
//@ wasm: describe
//@ wasm: speaker
//@ run

extern crate words;
#[macro_use]
extern crate describe;
#[macro_use(speak)]
extern crate speaker as talker;

mod inner {
    use words::answer;

    #[derive(Describe)]
    pub struct Inner {
        pub answer: u8,
    }

    pub fn answer() -> Inner {
        Inner { answer: answer!() }
    }
}

fn main() {
    println!("{} {} {}", inner::answer().answer, inner::Inner::DESCRIPTION, speak!());
    println!("{}", ::words::answer!());
}
