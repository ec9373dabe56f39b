// A macro sees the compiler's environment, as crates that read their configuration from it expect.
//@ wasm: surroundings
//@ rustc-env: SEEN_BY_MACRO=value_of_the_case
//@ run

fn main() {
    println!("{}", surroundings::variable!(SEEN_BY_MACRO));
    println!("{}", surroundings::variable!(NEVER_SET_ANYWHERE));
}
