//! What macros see of the process beside their input: environment variables, and what dep-info says of
//! all that they have looked at.

use std::env;
use std::path::Path;

use rustc_middle::ty::tls;
use rustc_session::Session;
use rustc_span::Symbol;
use rustc_wasm_proc_macro_api::policy::{Grants, Wanted};

/// The longest name, in bytes, of a variable that is looked for.
const MOST_BYTES: usize = 4096;

/// How many variables of one session may be asked for: each is kept to its end.
const MOST_VARIABLES: usize = 1 << 16;

fn with_session(f: impl FnOnce(&Session)) {
    tls::with_opt(|tcx| tcx.map(|tcx| f(tcx.sess)));
}

/// The expansion of a macro may depend on that file or directory.
pub(super) fn depends_on(path: &Path) {
    with_session(|sess| {
        let path = Symbol::intern(&path.to_string_lossy());
        sess.file_depinfo.borrow_mut().insert(path);
    });
}

/// The value that `--env-set` gives to a variable.
pub(super) fn logical_variable(name: &str) -> Option<String> {
    let mut value = None;
    with_session(|sess| value = sess.opts.logical_env.get(name).cloned());
    value
}

/// Notes for dep-info that a macro asks for an environment variable, which has this `value` or that of the process's
/// environment.
///
/// # Errors
///
/// Where it is set and the macro may not have it. Its value goes nowhere then.
pub(super) fn variable(grants: &Grants, name: &str, value: Option<&str>) -> Result<(), Wanted> {
    // No variable has such a name. But with one that has `=` in it the system would find the beginning of a value.
    if name.is_empty() || name.len() > MOST_BYTES || name.contains(['=', '\0']) {
        return Ok(());
    }
    let of_process = if value.is_none() { env::var_os(name) } else { None };
    if (value.is_some() || of_process.is_some()) && !grants.variable(name) {
        return Err(Wanted::Variable(name.to_owned()));
    }
    let value = value.or_else(|| of_process.as_deref()?.to_str()).map(Symbol::intern);
    let mut has_place = true;
    with_session(|sess| {
        let mut variables = sess.env_depinfo.borrow_mut();
        has_place = variables.len() < MOST_VARIABLES;
        if has_place {
            variables.insert((Symbol::intern(name), value));
        }
    });
    if has_place {
        return Ok(());
    }
    Err(Wanted::Other(format!("more than {MOST_VARIABLES} environment variables")))
}

/// `name` as a word of a makefile, which dep-info is: on one line, whatever a macro has put into it. A name with a control
/// character in it becomes that of a file that is not there, so whoever reads it compiles again.
pub(crate) fn makefile_word(name: &str) -> String {
    let mut word = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            ' ' => word.push_str("\\ "),
            c if c.is_control() => word.extend(c.escape_default()),
            c => word.push(c),
        }
    }
    word
}
