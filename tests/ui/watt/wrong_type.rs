// An import from watt with another type than watt's is named.
//@ watt: wrong_type

fn main() {
    refused::same!();
    //~^ ERROR: found invalid metadata files for crate `refused`
}
