// A macro sees what Cargo and rustc say by the environment, as crates that read their configuration from it expect.
//@ wasm: surroundings
//@ rustc-env: CARGO_SEEN_BY_MACRO=value_of_the_case
//@ run

fn main() {
    println!("{}", surroundings::variable!(CARGO_SEEN_BY_MACRO));
    println!("{}", surroundings::variable!(NEVER_SET_ANYWHERE));
}
