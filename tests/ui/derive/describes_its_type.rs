// A derive sees the item and adds to it, for every kind of type.
//@ wasm: describe
//@ run

use describe::Describe;

#[derive(Describe)]
#[allow(dead_code)]
struct Named {
    first: u8,
    second: Vec<String>,
}

#[derive(Describe)]
struct Unit;

#[derive(Debug, Describe, Clone)]
#[allow(dead_code)]
enum Choice {
    One,
    Two { inner: u8 },
}

#[derive(Describe)]
#[allow(dead_code)]
union Both {
    integer: u32,
    float: f32,
}

fn main() {
    println!("{}", Named::DESCRIPTION);
    println!("{}", Unit::DESCRIPTION);
    println!("{}", Choice::DESCRIPTION);
    println!("{}", Both::DESCRIPTION);
}
