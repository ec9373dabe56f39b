// By `--extern` as by the flag: an empty file.
//@ bad-extern: empty

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
