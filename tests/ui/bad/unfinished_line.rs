// A last line without its end, as a cut-off text has.
//@ bad: unfinished-line

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
