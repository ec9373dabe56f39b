// By `--extern` as by the flag: a module with an import that nobody offers.
//@ bad-extern: unknown-import

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
