// A version of watt that is not known is named.
//@ watt: unknown_version

fn main() {
    refused::same!();
    //~^ ERROR: found invalid metadata files for crate `refused`
}
