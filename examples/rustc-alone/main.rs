//! Uses both macros.

use macros::{Name, sum};

#[derive(Name)]
struct Point;

fn main() {
    println!("{} {}", Point::NAME, sum!(1, 20, 300));
}
