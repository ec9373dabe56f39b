// Without the flag there is no such crate.

fn main() {
    words::answer!();
    //~^ ERROR: cannot find module or crate `words` in this scope
}
