//! With `-Zproc-macro-backtrace` the panics show themselves, caught or not.
//!
//! A panic while another unwinds also shows the addresses on the stack of the process, and is left out.
//@ errors:
//@ flags: -Zproc-macro-backtrace

panics::bang!(str);
panics::bang!(string);
panics::bang!(number);
panics::bang!(resumed);
panics::caught!(str string);
panics::hooks!();
panics::drops!();
#[derive(panics::Panics)] struct Derived;

fn main() {}
