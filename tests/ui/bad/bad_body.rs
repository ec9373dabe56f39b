// A function whose code is not valid is found when the module is compiled, which is when its first macro runs.
//@ faulty: bad-body

fn main() {
    plain::plain!();
    //~^ ERROR: procedural macro stopped
}
