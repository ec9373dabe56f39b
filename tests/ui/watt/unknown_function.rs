// An import from watt that no version of it offers is named.
//@ watt: unknown_function

fn main() {
    refused::same!();
    //~^ ERROR: found invalid metadata files for crate `refused`
}
