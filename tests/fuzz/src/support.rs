//! What the runtime's own tests have.

#[path = "../../../compiler/rustc_wasm_proc_macro/tests/support/mod.rs"]
pub(crate) mod guests;
#[allow(dead_code, reason = "its tests use more of it")]
#[path = "../../../compiler/rustc_wasm_proc_macro/tests/support/watt.rs"]
pub(crate) mod watt;
