// What a macro prints goes where the compiler prints, in its order.
//@ wasm: surroundings
//@ check-pass

surroundings::speak!(first);
surroundings::speak!(second);

fn main() {}
