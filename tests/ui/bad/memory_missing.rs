// A module whose memory nobody can reach.
//@ bad: memory-missing

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
