// Modules for wasm32-unknown-unknown work as those for wasm32-wasip1 do, panics included.
//@ wasm: bare@bare
//@ run

fn main() {
    println!("{} {}", bare::reversed!(a b c), bare::catches!());
}
