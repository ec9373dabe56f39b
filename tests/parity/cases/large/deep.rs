//! Twenty thousand groups, each in the other.

large::nested!(20000);

fn main() {
    println!("{:?}", large::counted!(((((((((((((((((((((((((((((((((((((((((x))))))))))))))))))))))))))))))))))))))))));
}
