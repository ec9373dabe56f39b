// A name that not even a raw identifier can have.
//@ bad: keyword-name

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
