// From edition 2018 on a crate is in the extern prelude, and `extern crate` still works.
//@ edition: 2018
//@ wasm: words
//@ run

extern crate words as declared;

mod inner {
    pub fn answers() -> (u8, u8) {
        (words::answer!(), ::words::answer!())
    }
}

fn main() {
    println!("{:?} {}", inner::answers(), declared::answer!());
}
