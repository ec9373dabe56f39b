// An import from WASI that WASI does not have.
//@ bad: unknown-wasi-import

fn main() {
    plain::plain!();
    //~^ ERROR: found invalid metadata files for crate `plain`
}
