// A name that would be source code in the stub.
//@ bad: injected-source

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
