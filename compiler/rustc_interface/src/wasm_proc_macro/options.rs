//! Turns `--wasm-proc-macro` into entries of `--extern`, which the rest of the compiler knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rustc_middle::ty::tls;
use rustc_session::config::{ExternEntry, ExternLocation, Externs, Options};
use rustc_session::utils::CanonicalizedPath;
use rustc_session::{EarlyDiagCtxt, Session};
use rustc_span::Symbol;
use rustc_wasm_proc_macro_api::policy::Policy;
use rustc_wasm_proc_macro_client::variable;
use stubgen::module::Abi;

/// The environment variable with the default of `--wasm-proc-macro-cache`.
const CACHE: &str = "RUSTC_WASM_PROC_MACRO_CACHE";

/// Gives each module of `--wasm-proc-macro` its place in `--extern`, where it replaces whatever
/// else has its name.
pub(crate) fn resolve_options(opts: &mut Options) {
    let dcx = EarlyDiagCtxt::new(opts.error_format);
    if opts.wasm_proc_macro_cache.as_ref().is_some_and(|dir| dir.as_os_str().is_empty()) {
        dcx.early_fatal("`--wasm-proc-macro-cache` needs the path of a directory");
    }
    if opts.wasm_proc_macro_policy.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
        dcx.early_fatal("`--wasm-proc-macro-policy` needs the path of a file");
    }
    if opts.wasm_proc_macro_cache.is_none() {
        opts.wasm_proc_macro_cache = variable(CACHE).map(PathBuf::from);
    }
    if opts.wasm_proc_macros.is_empty() {
        return;
    }
    opts.externs = with_modules(&dcx, &opts.externs, &opts.wasm_proc_macros);
}

/// `externs` with the modules that `args` of `--wasm-proc-macro` name.
fn with_modules(dcx: &EarlyDiagCtxt, externs: &Externs, args: &[String]) -> Externs {
    let mut modules: BTreeMap<String, PathBuf> = BTreeMap::new();
    for arg in args {
        let (name, path) = split(arg);
        if path.as_os_str().is_empty() {
            dcx.early_fatal("`--wasm-proc-macro` needs the path of a WebAssembly module");
        }
        if let Some(name) = name {
            check_name(dcx, name);
        }
        let abi = Abi::read(path).unwrap_or_else(|error| {
            let message = format!("cannot use `{}` as a procedural macro: {error}", path.display());
            let mut diag = dcx.early_struct_fatal(message);
            if let Some(help) = error.help() {
                diag.help(help);
            }
            diag.emit()
        });
        let name = name.map_or(abi.krate, str::to_owned);
        if let Some(earlier) = modules.insert(name.clone(), path.to_path_buf())
            && earlier != path
        {
            dcx.early_warn(format!(
                "`--wasm-proc-macro` names `{name}` twice: `{}` is used, `{}` is not",
                path.display(),
                earlier.display()
            ));
        }
    }

    let mut externs: BTreeMap<String, ExternEntry> =
        externs.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect();
    for (name, path) in modules {
        let location = ExternLocation::ExactPaths(BTreeSet::from([CanonicalizedPath::new(path)]));
        // Whether the dependency is private and so on is said of the name, not of the file.
        match externs.get_mut(&name) {
            Some(entry) => entry.location = location,
            None => {
                let entry = ExternEntry {
                    location,
                    is_private_dep: false,
                    add_prelude: true,
                    nounused_dep: false,
                    force: false,
                };
                externs.insert(name, entry);
            }
        }
    }
    Externs::new(externs)
}

/// The files of `--wasm-proc-macro` that are in use.
pub(super) fn named_modules(opts: &Options) -> impl Iterator<Item = &CanonicalizedPath> {
    opts.externs.iter().filter_map(|(_, entry)| entry.files()).flatten().filter(|path| {
        opts.wasm_proc_macros.iter().any(|arg| split(arg).1 == path.original().as_path())
    })
}

/// Reads the file of `--wasm-proc-macro-policy`, if there is one. An error in it ends the compilation.
pub(super) fn policy(sess: &Session) -> Option<Policy> {
    let path = sess.opts.wasm_proc_macro_policy.as_ref()?;
    sess.file_depinfo.borrow_mut().insert(Symbol::intern(&path.to_string_lossy()));
    match Policy::read(path) {
        Ok(policy) => Some(policy),
        Err(error) => sess
            .dcx()
            .struct_fatal(format!("cannot use the policy `{}`: {error}", path.display()))
            .with_note("the policy says what procedural macros from WebAssembly are granted")
            .emit(),
    }
}

/// The name of the crate under which the module at `path`, called `own` by itself, is used: by the command line, since a
/// module may call itself as it likes. One that the command line does not name was looked for by its own name.
pub(super) fn name_of(path: &Path, own: &str) -> String {
    tls::with_opt(|tcx| {
        let externs = &tcx?.sess.opts.externs;
        let is_its = |entry: &ExternEntry| {
            entry.files().is_some_and(|mut files| files.any(|file| file.canonicalized() == path))
        };
        let mut names = externs.iter().filter(|(_, entry)| is_its(entry)).map(|(name, _)| name);
        let first = names.next()?;
        Some(if names.any(|name| name == own) { own } else { &**first }.to_owned())
    })
    .unwrap_or_else(|| own.to_owned())
}

/// Splits `NAME=PATH`. What stands before the first `=` is a name unless it looks like a path.
fn split(arg: &str) -> (Option<&str>, &Path) {
    match arg.split_once('=') {
        Some((name, path)) if !name.contains(['/', '\\', '.']) => (Some(name), Path::new(path)),
        _ => (None, Path::new(arg)),
    }
}

fn check_name(dcx: &EarlyDiagCtxt, name: &str) {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return;
    }
    let mut error = dcx.early_struct_fatal(format!(
        "crate name `{name}` passed to `--wasm-proc-macro` is not a valid ASCII identifier"
    ));
    let with_underscores = name.replace('-', "_");
    if with_underscores != name {
        error.help(format!("consider replacing the dashes with underscores: `{with_underscores}`"));
    }
    error.emit()
}
