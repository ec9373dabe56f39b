// Errors point to the tokens that went through a module made for watt, and to the delimiters of its groups.
//@ watt: tokens

fn main() {
    let _: u8 = tokens::same!("text");
    //~^ ERROR: mismatched types
    tokens::same!(let _ = missing(1 + r#match););
    //~^ ERROR: cannot find function `missing` in this scope
    //~| ERROR: cannot find value `r#match` in this scope
}

tokens::same! { fn ends() { 1 + } }
//~^ ERROR: expected expression, found `}`

#[tokens::same_item]
fn unfinished() -> u8 {
    //~^ ERROR: mismatched types
}
