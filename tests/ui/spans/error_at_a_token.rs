// An error that the macro puts at a token points at exactly that token in the user's source.
//@ wasm: spans

spans::reject_bad! {
    good bad_one //~ ERROR: `bad_one` is not allowed
    ( deeper [
        bad_two //~ ERROR: `bad_two` is not allowed
    ] )
}

macro_rules! through_an_example {
    ($($t:tt)*) => { spans::reject_bad!($($t)*); };
}

through_an_example! {
    x bad_three //~ ERROR: `bad_three` is not allowed
}

fn main() {}
