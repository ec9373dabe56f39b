// A macro that has the compiler expand its input, in which it stands itself: the module runs while it runs.
//@ wasm: diagnostics
//@ wasm: words
//@ run

fn main() {
    println!("{}", diagnostics::evaluate!(concat!("a", 1, true)));
    println!("{}", diagnostics::evaluate!(words::answer!()));
    println!("{}", diagnostics::evaluate!(diagnostics::evaluate!(diagnostics::evaluate!("deep"))));
    println!("{} {}", diagnostics::quoted!(20 * 2), diagnostics::def_site!(1));
}
