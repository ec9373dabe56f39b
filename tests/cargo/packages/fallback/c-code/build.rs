//! Compiles the C code for the host, which is all that it is for.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src/code.c");
    let out = env::var("OUT_DIR").expect("Cargo sets it");
    run(Command::new("cc").args(["-c", "-fPIC", "src/code.c", "-o"]).arg(format!("{out}/code.o")));
    run(Command::new("ar").args(["crs", &format!("{out}/libc_code.a"), &format!("{out}/code.o")]));
    println!("cargo::rustc-link-search=native={out}");
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
