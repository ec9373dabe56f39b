//! What a macro remembers across expansions, in which order they come, and that crates and compilations do not share it.
//@ macros: macros other
//@ library: library
#![allow(dead_code)]

const FIRST: usize = state::number!(first);
mod inner {
    pub const IN_MODULE: usize = state::number!(in a module);
    #[derive(state::Listed, Clone, Default)]
    pub struct Inner(#[cfg(any())] u8);
}
#[state::listed(outer)]
#[state::listed(inner)]
struct Attributed;
#[state::listed(before)]
#[derive(state::Listed)]
enum Both { A, B }
macro_rules! late { ($x:ident) => { pub const $x: usize = state::number!(late); } }
late!(LATE);
use state::number as renamed;
const RENAMED: usize = renamed!(renamed);

fn main() {
    println!("{FIRST} {} {LATE} {RENAMED} {:?}", inner::IN_MODULE, library::NUMBERS);
    println!("{:?}", (state::number!(a), other::number!(b), state::number!(a), other::number!(c), library::number_of_user!(d)));
    println!("{:?}", [state::number!(in), state::number!(one), state::number!(expression)]);
    println!("{}", state::report!());
    println!("{}", { #[state::listed(statement)] fn local() -> &'static str { state::report!() } local() });
}
