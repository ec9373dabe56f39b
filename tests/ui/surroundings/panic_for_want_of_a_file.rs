// A macro that insists on its file panics with its own words.
//@ wasm: surroundings
//@ no-native: a native macro reads what it likes

const _: &str = surroundings::needs_file!();
//~^ ERROR: proc macro panicked

fn main() {}
