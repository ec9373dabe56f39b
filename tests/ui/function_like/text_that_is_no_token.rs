// A macro that parses text which is no token gets an error, and the compiler's lexer has its say, with a place in no file.
//@ wasm: literals
//@ error-in-other-file: unterminated double quote string

fn main() {
    println!("{}", literals::unfinished!());
}
