// Input that is larger than any buffer of the bridge comes whole: 59,049 tokens, made by a macro by example.
//@ wasm: words
//@ run

macro_rules! thrice {
    ([$first:tt $($rest:tt)*] $($token:tt)*) => { thrice!([$($rest)*] $($token)* $($token)* $($token)*) };
    ([] $($token:tt)*) => { words::count!($($token)*) };
}

fn main() {
    println!("{}", thrice!([1 2 3 4 5 6 7 8 9 10] word));
}
