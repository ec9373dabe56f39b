//! Errors of macros with children, and of code that they give, with suggestions at spans of the input.
//@ errors:

diagnostics::levels!(one error);
diagnostics::children!(one "two" three);

fn main() {
    diagnostics::wrong_code!(a);
    diagnostics::wrong_code!(every token (has) a "place" of its own, and the next one another; so that suggestions fit);
    macro_rules! nested { ($x:tt) => { diagnostics::children!($x here $x); diagnostics::wrong_code!($x here); } }
    nested!(given);
}
