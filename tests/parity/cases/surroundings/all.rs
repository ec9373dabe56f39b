//! Files of the package, the environment, output, clocks and hash maps are there as for a native macro.
//@ env: CARGO_PARITY_SET=a value
//@ env: CARGO_PARITY_LIST=/one::/two three:
//@ env: CARGO_PARITY_CHANGED=as it was
//@ env: CARGO_PARITY_REMOVED=there
//@ env: HOME=/nowhere
//@ flags: --wasm-proc-macro-policy policy.toml

surroundings::output!(fn made() {});

fn main() {
    made();
    println!("{}", surroundings::tree!("files"));
    println!("{}", surroundings::errors!());
    println!("{}", surroundings::environment!());
    println!("{}", surroundings::own_variables!());
    println!("{}", surroundings::paths!());
    println!("{}", surroundings::terminals!());
    println!("{}", surroundings::clocks_and_maps!());
}
