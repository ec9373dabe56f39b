// A name with `r#`, which the section does not write.
//@ bad: raw-name

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
