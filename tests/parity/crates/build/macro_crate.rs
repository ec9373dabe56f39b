//! What cargo calls instead of rustc for the macro crates: it lets rustc write a macro crate where cargo asks for a `cdylib`,
//! the crate type by which cargo builds for a target what is linked; and it lets rustc read the package's own source instead of
//! the copy that cargo was given, so that positions are those of the native build.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
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
        let source = arguments.iter_mut().find(|argument| Path::new(argument).extension() == Some(OsStr::new("rs")));
        let source = source.expect("cargo names the source");
        *source = original(Path::new(source));
    }
    let status = rustc.args(arguments).status().expect("the compiler can be run");
    exit(status.code().unwrap_or(101));
}

/// The file of which `copy` is one. A copied package says in a file where it is from.
fn original(copy: &Path) -> OsString {
    let (dir, package) = copy
        .ancestors()
        .find_map(|dir| Some((dir, fs::read_to_string(dir.join("original")).ok()?)))
        .expect("a copied package says where it is from");
    Path::new(&package).join(copy.strip_prefix(dir).expect("it is an ancestor")).into()
}
