//! How a proc-macro crate is linked for a Wasm target.

use rustc_middle::middle::exported_symbols::SymbolExportKind;
use rustc_middle::ty::TyCtxt;
use rustc_symbol_mangling::{WASM_PROC_MACRO_DECLS, mangle_internal_symbol};

/// What the linker is told beside the arguments of every Wasm library.
///
/// * A native macro has the compiler's stack of 8 MiB, so its Wasm build gets as many bytes.
/// * The compiler reads the custom sections, so `-C strip=symbols` must leave them.
pub(super) const LINK_ARGS: &[&str] = &[
    "-z",
    "stack-size=8388608",
    "--keep-section=.rustc_proc_macro_decls",
    "--keep-section=.rustc_proc_macro_abi",
    "--keep-section=.rustc_proc_macro_attrs",
    "--keep-section=.rustc_proc_macro_spans",
];

/// All that the compiler calls or reads in a module, by the names of the module ABI.
pub(super) fn exported_symbols(tcx: TyCtxt<'_>) -> Vec<(String, SymbolExportKind)> {
    // `exported_symbols` is empty when nothing is generated.
    if !tcx.sess.opts.output_types.should_codegen() {
        return Vec::new();
    }
    vec![
        (WASM_PROC_MACRO_DECLS.to_string(), SymbolExportKind::Data),
        (mangle_internal_symbol(tcx, "__rustc_proc_macro_run"), SymbolExportKind::Text),
    ]
}
