// A module made for watt may recurse as deeply as any.
//@ watt: tokens
//@ run

fn main() {
    println!("{}", tokens::deep!("deep"));
}
