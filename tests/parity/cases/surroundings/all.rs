//! Files of the package, the environment, output, clocks and hash maps are there as for a native macro.
//@ env: PARITY_SET=a value
//@ env: PARITY_LIST=/one::/two three:
//@ env: HOME=/nowhere

surroundings::output!(fn made() {});

fn main() {
    made();
    println!("{}", surroundings::tree!("files"));
    println!("{}", surroundings::errors!());
    println!("{}", surroundings::environment!());
    println!("{}", surroundings::paths!());
    println!("{}", surroundings::terminals!());
    println!("{}", surroundings::clocks_and_maps!());
}
