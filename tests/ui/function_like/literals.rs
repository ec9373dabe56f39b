// A literal is made in the guest and printed by the compiler: widths of 32 bits must not show, nor escapes differ.
//@ wasm: literals
//@ run

fn main() {
    println!("{:?}", literals::suffixed_integers!());
    println!("{:?}", literals::unsuffixed!());
    println!("{:?}", literals::negative!());
    println!("{:?}", literals::texts!());
    println!("{:?}", literals::parsed!());
    println!("{:?}", literals::refused!());
}
