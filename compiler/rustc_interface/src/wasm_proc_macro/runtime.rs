//! Opens the library that runs WebAssembly macros, once the first module is there.

use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

use rustc_metadata::{DylibError, load_symbol_from_dylib};
use rustc_session::config::{Sysroot, host_tuple};
use rustc_session::filesearch;
use rustc_wasm_proc_macro_api::Runtime;
use rustc_wasm_proc_macro_api::table::{ENTRY, Entry};

use super::ahead::ahead;

/// The library's directory, a neighbour of the one with the host's standard library.
const DIRECTORY: &str = "wasm-proc-macro";

/// The library of this compiler, opened once for the process.
///
/// # Errors
///
/// The toolchain lacks it, or has another compiler's.
pub(super) fn runtime(sysroot: &Sysroot) -> Result<Runtime, String> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    RUNTIME.get_or_init(|| open(&find(sysroot)?)).clone()
}

/// Opens the library and makes it ready while the compiler goes on. What goes wrong, [`runtime`] says
/// when it is needed.
pub(super) fn prepare(sysroot: &Sysroot) {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        let sysroot = sysroot.clone();
        ahead(move || _ = runtime(&sysroot).map(Runtime::prepare));
    });
}

fn find(sysroot: &Sysroot) -> Result<PathBuf, String> {
    let name = format!(
        "{}rustc_wasm_proc_macro{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    let path = |sysroot: &Path| {
        filesearch::make_target_lib_path(sysroot, host_tuple())
            .with_file_name(DIRECTORY)
            .join(&name)
    };
    sysroot.all_paths().map(path).find(|path| path.is_file()).ok_or_else(|| {
        format!(
            "this toolchain lacks the library that runs WebAssembly macros\n\
             it should be at `{}`",
            path(&sysroot.default).display()
        )
    })
}

fn open(path: &Path) -> Result<Runtime, String> {
    let failed = |error| {
        format!(
            "the library that runs WebAssembly macros cannot be used\n`{}`: {error}",
            path.display()
        )
    };
    // SAFETY: the file is part of the toolchain, and its symbol of that name has this type.
    let entry = unsafe { load_symbol_from_dylib::<Entry>(path, ENTRY) };
    let entry = entry.map_err(|error| {
        let (DylibError::DlOpen(_, error) | DylibError::DlSym(_, error)) = error;
        failed(error.trim_start_matches(": ").to_owned())
    })?;
    // SAFETY: it takes nothing and returns a reference to a static.
    let table = unsafe { entry() };
    Runtime::new(table).map_err(failed)
}
