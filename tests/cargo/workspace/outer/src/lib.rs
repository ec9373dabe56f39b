//! A macro crate that is itself made with macros of other crates.

use proc_macro::{TokenStream, TokenTree};
use shapes::Fields;
use thiserror::Error;

#[derive(Debug, Error, PartialEq)]
enum Refused {
    #[error("`{0}` is no number")]
    Number(String),
    #[error("nothing to add")]
    Empty,
}

#[derive(Default, Fields)]
struct Sum {
    total: i32,
    numbers: usize,
}

impl Sum {
    fn of(input: &str) -> Result<Sum, Refused> {
        let mut sum = Sum::default();
        for word in input.split('+').map(str::trim).filter(|word| !word.is_empty()) {
            sum.total += word.parse::<i32>().map_err(|_| Refused::Number(word.to_owned()))?;
            sum.numbers += 1;
        }
        if sum.numbers == 0 { Err(Refused::Empty) } else { Ok(sum) }
    }
}

/// The sum of literals with `+` between them.
#[proc_macro]
pub fn sum(input: TokenStream) -> TokenStream {
    let words: Vec<String> = input.into_iter().map(|token: TokenTree| token.to_string()).collect();
    let code = match Sum::of(&words.join(" ")) {
        Ok(sum) => format!("{{ const _: &str = {:?}; {} }}", Sum::FIELDS.join(","), sum.total),
        Err(refused) => format!("compile_error!({:?})", refused.to_string()),
    };
    code.parse().expect("it is Rust")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_words() {
        assert_eq!(Sum::of("").err().unwrap().to_string(), "nothing to add");
        assert_eq!(Sum::of("1 + x").err().unwrap().to_string(), "`x` is no number");
        assert_eq!(Sum::of("1 + 2").unwrap().total, 3);
    }
}
