// A macro can ask where a token stands and what the source says there.
//@ wasm: spans
//@ run

macro_rules! wrapped {
    ($e:expr, $($rest:tt)*) => { spans::places!($e $($rest)*) };
}

fn main() {
    println!("{}", spans::places!(one "größe" { group
        ends here } 'a));
    println!("{}", wrapped!(1 + 1, 名前 r#fn));
    println!("{:?}", spans::file!());
}
