// The compiler's own errors about tokens that the user wrote point at the user's source, through the macro.
//@ wasm: spans

spans::function!(wrong u8 { "text" });
//~^ ERROR: mismatched types

spans::function!(missing Nowhere { 1 });
//~^ ERROR: cannot find type `Nowhere` in this scope

fn main() {
    spans::as_u32!("text");
    //~^ ERROR: mismatched types
    spans::as_u32!(undefined + 1);
    //~^ ERROR: cannot find value `undefined` in this scope
}
