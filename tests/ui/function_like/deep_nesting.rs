// Deeply nested groups are encoded by recursion on both sides; the guest's stack must not be the smaller one.
//@ wasm: words
//@ run
#![recursion_limit = "1024"]

fn main() {
    println!("{}", words::count!((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))));
    #[allow(unused_parens)]
    let seven = words::deep!(120);
    println!("{seven}");
}
