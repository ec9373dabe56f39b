//! A program that has nothing to do with macros.

fn main() {
    println!("nothing to expand");
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_and_one() {
        assert_eq!(1 + 1, 2);
    }
}
