// A panic has its message without a system too.
//@ wasm: bare@bare

bare::panics!();
//~^ ERROR: proc macro panicked
//~| HELP: message: even here a panic has its words

fn main() {}
