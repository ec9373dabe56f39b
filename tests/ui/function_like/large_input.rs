// Input that is larger than any buffer of the bridge comes whole: 65,536 tokens, made by a macro by example.
//@ wasm: words
//@ run
#![recursion_limit = "256"]

macro_rules! double {
    ($macro:path; $($token:tt)*; ) => { $macro!($($token)*) };
    ($macro:path; $($token:tt)*; $first:tt $($rest:tt)*) => { double!($macro; $($token)* $($token)*; $($rest)*) };
}

fn main() {
    println!("{}", double!(words::count; word; 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16));
}
