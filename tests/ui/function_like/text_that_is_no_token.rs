// A macro that parses text which is no token makes the compiler panic within the request; the lexer has its say too.
//@ wasm: literals
//@ error-in-other-file: unterminated double quote string

fn main() {
    println!("{}", literals::unfinished!());
    //~^ ERROR: proc macro panicked
}
