//! Says what its macros have made, and in its tests that this is right.

use paste::paste;
use seq_macro::seq;

paste! {
    fn [<the _ answer>]() -> u32 {
        42
    }
}

fn squares() -> Vec<u32> {
    let mut squares = Vec::new();
    seq!(N in 1..=4 {
        squares.push(N * N);
    });
    squares
}

fn main() {
    let code = std::env::args().nth(1).map_or(0, |word| word.parse().expect("the argument is an exit code"));
    println!("{} from {}: {} {:?}", small_macros::greeting!(), small_macros::built_for!(), the_answer(), squares());
    std::process::exit(code);
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_identifier_is_made() {
        assert_eq!(super::the_answer(), 42);
    }

    #[test]
    fn lines_are_repeated() {
        assert_eq!(super::squares(), [1, 4, 9, 16]);
    }

    #[test]
    fn a_macro_of_its_own_greets() {
        assert_eq!(small_macros::greeting!(), "hello");
    }
}
