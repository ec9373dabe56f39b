//! Some of what clippy looks for, in items with macros and in others.

#[derive(Clone, Copy, told::Told)]
struct Point {
    x: u32,
}

#[told::kept]
fn one() -> u32 {
    return 1;
}

fn two() -> u32 {
    return 2;
}

fn main() {
    let point = Point { x: one() };
    let other = point.clone();
    let sum = other.at_the_call_site() + point.at_the_name();
    println!("{}", told::same!(sum + two() + 0));
}
