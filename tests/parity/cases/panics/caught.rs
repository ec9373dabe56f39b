//! Panics that the macro catches are nobody else's business.

panics::caught!(str string empty number boxed owned resumed resumed_string resumed_number index slice divide overflow unwrap result
    assert unreachable todo borrow ident none);
panics::hooks!();

fn main() {
    println!("{}", panics::bang!(none));
}
