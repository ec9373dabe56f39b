// With a name on the command line the crate's own name is not in scope, as with `--extern`.
//@ wasm: renamed=words

fn main() {
    renamed::answer!();
    words::answer!();
    //~^ ERROR: cannot find module or crate `words` in this scope
}
