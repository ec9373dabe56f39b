//! Refuses to have the macro built for Wasm.

use std::{env, process};

fn main() {
    println!("cargo::rustc-env=NUMBER=9");
    if env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        eprintln!("error: this build script knows nothing of Wasm");
        process::exit(1);
    }
}
