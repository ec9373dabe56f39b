// By `--extern` as by the flag: a native file that is called as a module.
//@ bad-extern: elf

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
