//! `cargo wasm-proc-macro`: Cargo, with every procedural macro of a project in WebAssembly.

fn main() {
    std::process::exit(cargo_wasm_proc_macro::command())
}
