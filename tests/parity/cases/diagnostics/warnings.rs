//! Warnings, notes and helps of macros, and lints in what they give.
#![warn(unused_mut, dead_code, unused_must_use, unused_parens)]

diagnostics::levels!(one "two" { three });

#[diagnostics::warns(first second)]
fn with_warning() {
    let x = 1;
}

#[derive(diagnostics::Lints)]
struct Derived;

macro_rules! nested { ($($t:tt)*) => { diagnostics::levels!($($t)* of_macro); } }
nested!(given);

mod allowed {
    #![allow(warnings)]
    #[derive(diagnostics::Lints)]
    struct Quiet;
}

fn main() { with_warning() }
