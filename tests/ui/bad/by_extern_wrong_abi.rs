// By `--extern` as by the flag: a module for another version of the ABI.
//@ bad-extern: wrong-abi

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
