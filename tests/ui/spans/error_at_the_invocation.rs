// A call-site error covers the whole invocation, over several lines, and names the macro.
//@ wasm: spans

spans::fail! {
//~^ ERROR: this macro always fails
    several
    lines
}

fn main() {
    let _value = 1 + { spans::fail!() };
    //~^ ERROR: this macro always fails
}
