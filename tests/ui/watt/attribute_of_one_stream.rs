// An attribute whose function takes one stream is named.
//@ watt: attribute_of_one_stream

fn main() {
    refused::same!();
    //~^ ERROR: found invalid metadata files for crate `refused`
}
