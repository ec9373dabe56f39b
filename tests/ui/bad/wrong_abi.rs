// A module for another version of the ABI: the error says which, and who built it.
//@ bad: wrong-abi
//@ error-in-other-file: the module has ABI version 2, but version 1 is expected

fn main() {
    plain::plain!();
}
