//! What macros find around them: the session or the server that runs them, and the process's environment.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Mutex;

use rustc_data_structures::fx::FxHashSet;
use rustc_session::config::Sysroot;
use rustc_wasm_proc_macro_api::Events;
use rustc_wasm_proc_macro_api::policy::{Grants, Wanted};
use stubgen::cache::Cache;

/// The longest name, in bytes, of a variable that is looked for.
const MOST_BYTES: usize = 4096;

/// What the macros of a session were refused that the user has been told of: the digest of the module, and the thing.
pub type Told = Mutex<FxHashSet<([u8; 32], Wanted)>>;

/// Whoever runs macros. What is said here of a file or a variable is said of the macro that runs on this thread.
pub trait Surroundings: Events + Send + Sync {
    /// The toolchain in which the library that runs modules lies.
    fn sysroot(&self) -> &Sysroot;

    /// Where compiled modules are cached.
    fn cache(&self) -> &Cache;

    /// The expansion may depend on that file or directory.
    fn depends_on(&self, path: &Path) {
        let _ = path;
    }

    /// The expansion may depend on that variable, which has this value if it is set and is text.
    ///
    /// # Errors
    ///
    /// There are too many to be noted.
    fn depends_on_variable(&self, name: &str, value: Option<&str>) -> Result<(), Wanted> {
        let _ = (name, value);
        Ok(())
    }

    /// The value that the command line gives to a variable.
    fn logical_variable(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }

    /// Waits for another thread, by calling `wait` once. An implementation may measure it.
    fn waits(&self, wait: &mut dyn FnMut()) {
        wait();
    }

    /// What the user has been told of, where one message about a refusal is enough.
    fn told(&self) -> Option<&Told> {
        None
    }

    /// A number that is another one whenever the process's environment or working directory has changed.
    fn place(&self) -> u64 {
        0
    }

    /// What a macro with these grants is granted where the process is.
    fn here(&self, grants: &Grants) -> Grants {
        grants.clone()
    }

    /// Whether the process's standard output is not for macros. They write to standard error then.
    fn needs_standard_output(&self) -> bool {
        false
    }
}

/// An environment variable that is set to something.
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Notes that a macro asks for an environment variable, which has this `value` or that of the process's environment.
///
/// # Errors
///
/// Where it is set and the macro may not have it. Its value goes nowhere then.
pub(crate) fn asks(
    surroundings: &dyn Surroundings,
    grants: &Grants,
    name: &str,
    value: Option<&str>,
) -> Result<(), Wanted> {
    // No variable has such a name. But with one that has `=` in it the system would find the beginning of a value.
    if name.is_empty() || name.len() > MOST_BYTES || name.contains(['=', '\0']) {
        return Ok(());
    }
    let of_process = if value.is_none() { env::var_os(name) } else { None };
    if (value.is_some() || of_process.is_some()) && !grants.variable(name) {
        return Err(Wanted::Variable(name.to_owned()));
    }
    let value = value.or_else(|| of_process.as_deref()?.to_str());
    surroundings.depends_on_variable(name, value)
}
