//! The runtime that runs WebAssembly macros, had once the first module is there.

#[cfg_attr(target_os = "wasi", path = "runtime/imported.rs")]
#[cfg_attr(not(target_os = "wasi"), path = "runtime/library.rs")]
mod opened;

use std::sync::{Once, OnceLock};

use rustc_session::config::Sysroot;
use rustc_wasm_proc_macro_api::Runtime;

use crate::ahead::ahead;

/// The runtime of this compiler, opened once for the process.
///
/// # Errors
///
/// The toolchain lacks it, or has another compiler's.
pub(super) fn runtime(sysroot: &Sysroot) -> Result<Runtime, String> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    RUNTIME.get_or_init(|| opened::open(sysroot)).clone()
}

/// Opens the runtime and makes it ready while the compiler goes on. What goes wrong, [`runtime`] says
/// when it is needed.
pub fn prepare(sysroot: &Sysroot) {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        let sysroot = sysroot.clone();
        ahead(move || _ = runtime(&sysroot).map(Runtime::prepare));
    });
}
