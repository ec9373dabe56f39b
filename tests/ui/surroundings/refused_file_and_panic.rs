// A macro that insists on its file panics with its own words, which is no more than a note on what it was refused.
//@ wasm: surroundings
//@ no-native: a native macro reads what it likes

const _: &str = surroundings::needs_file!();
//~^ ERROR: was refused reading `/etc/hostname`

fn main() {}
