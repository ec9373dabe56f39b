// In edition 2015 a path does not reach a crate that was not declared, flag or not.
//@ edition: 2015
//@ wasm: words

use words::answer;
//~^ ERROR: unresolved import `words`

fn main() {
    answer!();
}
