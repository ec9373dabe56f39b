//! A request on which the compiler itself panics: it says so at once, and the macro panics with the same message.
//@ errors:

lexing::mismatched!();
lexing::names!();

fn main() {}
