// An error from the first to the last token covers all between them.
//@ wasm: spans

spans::fail_from_to!(from here
    to there);
//~^^ ERROR: from the first to the last token

fn main() {}
