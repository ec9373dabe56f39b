// One module under two names is one crate: its types of macros are the same, and so is its state.
//@ wasm: first=counter
//@ wasm: second=counter
//@ run

fn main() {
    println!("{} {} {} {}", first::next!(), second::next!(), first::next!(), second::peek!());
}
