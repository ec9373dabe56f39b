// Instructions that came after the first version of WebAssembly, where watt's interpreter stops.
//@ watt: tokens
//@ run

fn main() {
    println!("{}", tokens::newer!("newer"));
}
