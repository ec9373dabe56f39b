//! The runtime as a dynamic library of the toolchain.

use std::path::{Path, PathBuf};

use libloading::Library;
use rustc_session::config::{Sysroot, host_tuple};
use rustc_session::filesearch;
use rustc_wasm_proc_macro_api::Runtime;
use rustc_wasm_proc_macro_api::table::{ENTRY, Entry};

/// The library's directory, a neighbour of the one with the host's standard library.
const DIRECTORY: &str = "wasm-proc-macro";

/// The library of this compiler.
pub(super) fn open(sysroot: &Sysroot) -> Result<Runtime, String> {
    open_at(&find(sysroot)?)
}

fn find(sysroot: &Sysroot) -> Result<PathBuf, String> {
    let name = format!("{}rustc_wasm_proc_macro{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let path =
        |sysroot: &Path| filesearch::make_target_lib_path(sysroot, host_tuple()).with_file_name(DIRECTORY).join(&name);
    sysroot.all_paths().map(path).find(|path| path.is_file()).ok_or_else(|| {
        format!(
            "this toolchain lacks the library that runs WebAssembly macros\n\
             it should be at `{}`",
            path(&sysroot.default).display()
        )
    })
}

fn open_at(path: &Path) -> Result<Runtime, String> {
    let failed =
        |error| format!("the library that runs WebAssembly macros cannot be used\n`{}`: {error}", path.display());
    // SAFETY: the file is part of the toolchain, and opening it runs nothing of its own.
    let library = unsafe { Library::new(path) }.map_err(|error| failed(text_of(&error, path)))?;
    // SAFETY: its symbol of that name has this type.
    let entry = unsafe { library.get::<Entry>(ENTRY.as_bytes()) };
    let entry = *entry.map_err(|error| failed(text_of(&error, path)))?;
    // What it makes stays until the process ends, and so does the library.
    std::mem::forget(library);
    // SAFETY: it takes nothing and returns a reference to a static.
    let table = unsafe { entry() };
    Runtime::new(table).map_err(failed)
}

/// An error and what is behind it, in one line, without the path that is said before it.
fn text_of(error: &dyn std::error::Error, path: &Path) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    let text = errors.map(|error| error.to_string()).collect::<Vec<_>>().join(": ");
    let rest = text.strip_prefix(&*path.to_string_lossy()).unwrap_or(&text);
    rest.trim_start_matches(": ").to_owned()
}
