//! Wasm targets whose panics unwind, as procedural macros expect of a panic.

use crate::spec::{PanicStrategy, TargetOptions, cvs};

/// Makes panics unwind, through the standard's exception handling instructions rather than the
/// legacy ones.
pub(crate) fn enable(options: &mut TargetOptions) {
    options.panic_strategy = PanicStrategy::Unwind;
    options.llvm_args = cvs!["-wasm-use-legacy-eh=false"];
}
