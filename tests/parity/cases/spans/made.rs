//! Tokens with spans that the macro chose: where names resolve, and where errors point.
//@ errors:

fn main() {
    let value = 1;
    println!("{}", spans::exchanged!(a b value));
    spans::blames!(one two three);
    spans::blames!(one two {
        three
    });
    macro_rules! of_macro { ($x:tt) => { spans::blames!($x $x four); spans::blames!(five $x $x); } }
    of_macro!(six);
    spans::exchanged!(a b unknown);
}
