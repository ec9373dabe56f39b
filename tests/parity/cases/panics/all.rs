//! Panics with all kinds of payloads, in macros of all kinds; after each the next expansion works.
//@ errors:
//@ says: a later expansion works

panics::bang!(str);
panics::bang!(string);
panics::bang!(empty);
panics::bang!(long);
panics::bang!(number);
panics::bang!(boxed);
panics::bang!(owned);
panics::bang!(resumed);
panics::bang!(resumed_string);
panics::bang!(resumed_number);
panics::bang!(index);
panics::bang!(slice);
panics::bang!(divide);
panics::bang!(overflow);
panics::bang!(unwrap);
panics::bang!(result);
panics::bang!(assert);
panics::bang!(unreachable);
panics::bang!(todo);
panics::bang!(borrow);
panics::bang!(ident);
panics::unwinds!();
panics::drops!();
#[panics::attribute(string)] fn item() {}
#[derive(panics::Panics)] struct Derived;
#[derive(Clone, panics::Panics)] enum Other { A }
panics::works!();

fn main() {
    let _: u8 = panics::bang!(str);
    panics::bang!(resumed);
    panics::caught!(string resumed number);
    let _ = Other::A.clone();
    panics::works!();
}
