// A function-like macro can stand for an expression, a statement, items, a type and a pattern, by path or by name.
//@ wasm: words
//@ run

use words::{answer, echo as renamed};

words::echo! {
    fn item() -> &'static str {
        "item"
    }

    struct Another;
}

type Pair = words::tuple!(2);

struct Holder;

impl Holder {
    renamed!(fn method(&self) -> u8 { 5 });
}

words::define!(from_macro);

fn main() {
    let expression = answer!() + 1;
    renamed!(let statement = "statement";);
    let Another = Another;
    let pair: Pair = (1, 2);
    let pattern = match 42 {
        answer!() => "pattern",
        _ => "no pattern",
    };
    println!("{expression} {statement} {} {pair:?} {pattern} {}", item(), Holder.method());
    println!("{:?}", from_macro!(a b c));
    println!("{}", [answer!(), words::answer![], words::answer! {}].len());
}
