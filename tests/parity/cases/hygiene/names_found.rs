//! Names that are found: at the call, mixed, through `$crate`, through nested macros by example, and quoted.
//@ library: library

const LOCAL: &str = "the user's";
hygiene::mixed_items!(const GIVEN: &str = LOCAL;);
hygiene::quoted!(a + b "c" (d));
hygiene::expands_quote!(const UNUSED: u8 = 1 + 2;);

macro_rules! layered {
    ($name:ident) => { layered!(@ $name, inner) };
    (@ $name:ident, $inner:ident) => {{
        let $inner = 1;
        let inner = 2;
        hygiene::local_at_call!();
        hygiene::local_mixed!();
        let $name = hygiene::uses!($inner call);
        ($name, inner, local)
    }};
}

fn main() {
    let local = "own";
    hygiene::local_mixed!();
    println!("{local}");
    hygiene::local_at_definition!();
    println!("{local}");
    hygiene::local_at_call!();
    println!("{local} {GIVEN} {} {}", Made.value(), quoted_call());
    let inner = 5;
    println!("{:?} {}", layered!(inner), inner);
    println!("{:?} {}", library::nested!(x, 4), library::made!(21));
}

fn quoted_call() -> String {
    quoted_function()
}
