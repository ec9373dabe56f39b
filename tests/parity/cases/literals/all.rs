//! Every kind of literal: made, given, and numbers that are none.

literals::read!('a' '\'' '\u{e9}' b'\xff' b'x' "\u{1f980}\"\n" "line\
    continued" "plain" r"\raw" r##"#"# "##
    b"\xff\n" br"\raw" c"\xff\u{e9}" cr"\raw" 1 1.5 "suffixed"x);
literals::refuse!();

fn main() {
    let made = literals::make!();
    println!("{:?} {:?} {:?} {:?} {:?} {:?} {:?}", made.0, made.4, made.6, made.11, made.16, made.22, made.25);
    println!("{:?} {:?} {:?} {:?} {:?} {:?} {:?}", made.27, made.28, made.29, made.30, made.33, made.37, made.39);
    println!("{:?} {:?}", made.42, made.43);
}
