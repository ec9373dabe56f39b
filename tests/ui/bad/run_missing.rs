// A module without the exported function that runs its macros.
//@ bad: run-missing

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
