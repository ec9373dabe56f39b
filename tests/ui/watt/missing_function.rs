// A macro without an exported function is named.
//@ watt: missing_function

fn main() {
    refused::same!();
    //~^ ERROR: found invalid metadata files for crate `refused`
}
