// By `--extern` as by the flag: a module that lacks the section with its macros.
//@ bad-extern: no-declarations

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
