// A name with a `def_site` span is the macro's alone.
//@ wasm: diagnostics

fn main() {
    diagnostics::def_site!(secret);
    //~^ ERROR: cannot find value `secret` in this scope
}
