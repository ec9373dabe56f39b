// Tokens that watt itself cannot take from a module: negative literals, and raw and Unicode identifiers.
//@ watt: tokens
//@ run

fn main() {
    let r#match = 1;
    println!("{} {}", tokens::negative!(), r#match - tokens::negative!());
    // The call site's span sees local variables.
    println!("{}", tokens::raw!());
    let größe = 3;
    println!("{}", tokens::unicode!());
}
