// A macro's output may call macros: of the same module, of the language, of the user.
//@ wasm: words
//@ run

macro_rules! mine {
    ($e:expr) => {
        words::echo!($e + words::answer!())
    };
}

fn main() {
    println!("{}", words::echo!(words::echo!(words::rebuild!(words::answer!()))));
    println!("{}", words::echo!(concat!("a", stringify!(b), words::text!(c d))));
    println!("{}", mine!(mine!(1)));
}
