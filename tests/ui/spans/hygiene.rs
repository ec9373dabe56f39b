// `mixed_site` hides a variable from the user, `call_site` does not.
//@ wasm: spans

fn main() {
    let visible = 0;
    spans::variables!();
    println!("{visible}");
    println!("{hidden}");
    //~^ ERROR: cannot find value `hidden` in this scope
}
