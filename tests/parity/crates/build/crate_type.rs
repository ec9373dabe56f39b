//! What cargo calls instead of rustc for the macro crates: it lets rustc write a macro crate where cargo asks for a `cdylib`,
//! the crate type by which cargo builds for a target what is linked.

use std::env;
use std::process::{Command, exit};

fn main() {
    let mut arguments = env::args_os().skip(1);
    let mut rustc = Command::new(arguments.next().expect("cargo names the compiler"));
    let mut arguments: Vec<_> = arguments.collect();
    // Build scripts come by here too, and questions about all crate types.
    let types: Vec<usize> = (1..arguments.len()).filter(|&at| arguments[at - 1] == "--crate-type").collect();
    if let [only] = *types
        && arguments[only] == "cdylib"
    {
        arguments[only] = "proc-macro".into();
        // Cargo says the first to all macro crates and the second to all crates of others.
        arguments.extend(["--extern", "proc_macro", "--cap-lints", "allow"].map(Into::into));
    }
    let status = rustc.args(arguments).status().expect("the compiler can be run");
    exit(status.code().unwrap_or(101));
}
