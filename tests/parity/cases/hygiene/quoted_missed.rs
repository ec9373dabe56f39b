//! A quoted name that is not found: the compiler says where it stands in the source of the macro.
//@ errors:

fn main() {
    let seen = 1;
    let _ = hygiene::quoted_names!();
    let _ = hygiene::quoted_near!();
    let _ = seen;
}
