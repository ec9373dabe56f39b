//! What a module must export and may import: the table of guest ABIs.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::lines::excerpt;
use super::structure::Structure;
use super::types::{Export, Import, ItemType, Signature, ValueType};
use super::{Declaration, ModuleError};

use ValueType::{I32, I64};

/// The conventions by which a host runs a module's macros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuestAbi {
    /// This project's own, version 1: the module holds `proc_macro`'s bridge client.
    Rustc1,
    /// That of the crate `watt` 0.4 (the module in `wa-serde-derive` 0.1.137), where each macro is an exported function.
    Watt04,
    /// That of the crate `watt` 0.5, alike but for the name of the module that it imports from.
    Watt05,
}

/// A function that the host offers to guests.
#[derive(Debug)]
pub struct HostFunction {
    /// Its name in the module that it is imported from.
    pub name: &'static str,
    /// The types of its parameters.
    pub params: &'static [ValueType],
    /// The types of its results.
    pub results: &'static [ValueType],
}

/// The module from which guests of [`GuestAbi::Rustc1`] import.
pub const HOST_MODULE: &str = "rustc_proc_macro";

/// What the host offers in [`HOST_MODULE`].
pub const HOST_FUNCTIONS: [HostFunction; 6] = [
    HostFunction { name: "dispatch", params: &[I32, I32, I32], results: &[I32] },
    HostFunction { name: "take", params: &[I32], results: &[] },
    HostFunction { name: "panic", params: &[I32, I32], results: &[] },
    HostFunction { name: "variable", params: &[I32, I32], results: &[I32] },
    HostFunction { name: "refuse", params: &[I32, I32, I32], results: &[] },
    HostFunction { name: "command", params: &[I32, I32, I32, I32], results: &[I64] },
];

/// The module of WASI preview 1.
pub const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// The functions of WASI preview 1 (`wasi_snapshot_preview1.witx` in WebAssembly/WASI).
pub const WASI_FUNCTIONS: [&str; 46] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_advise",
    "fd_allocate",
    "fd_close",
    "fd_datasync",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_pwrite",
    "fd_read",
    "fd_readdir",
    "fd_renumber",
    "fd_seek",
    "fd_sync",
    "fd_tell",
    "fd_write",
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
    "poll_oneoff",
    "proc_exit",
    "proc_raise",
    "random_get",
    "sched_yield",
    "sock_accept",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
];

/// The module from which guests of [`GuestAbi::Watt04`] import.
pub const WATT_04_MODULE: &str = "watt-0.4";
/// The module from which guests of [`GuestAbi::Watt05`] import.
pub const WATT_05_MODULE: &str = "watt-0.5";

/// What the host offers in [`WATT_04_MODULE`] and in [`WATT_05_MODULE`] (`src/import.rs` in the crate `watt`).
pub const WATT_FUNCTIONS: [HostFunction; 10] = [
    HostFunction { name: "token_stream_serialize", params: &[I32], results: &[I32] },
    HostFunction { name: "token_stream_deserialize", params: &[I32, I32], results: &[I32] },
    HostFunction { name: "token_stream_parse", params: &[I32, I32], results: &[I32] },
    HostFunction { name: "literal_to_string", params: &[I32], results: &[I32] },
    HostFunction { name: "string_new", params: &[I32, I32], results: &[I32] },
    HostFunction { name: "string_len", params: &[I32], results: &[I32] },
    HostFunction { name: "string_read", params: &[I32, I32], results: &[] },
    HostFunction { name: "bytes_len", params: &[I32], results: &[I32] },
    HostFunction { name: "bytes_read", params: &[I32, I32], results: &[] },
    HostFunction { name: "print_panic", params: &[I32], results: &[] },
];

/// The export of watt's guests that makes a token stream of the host's number of it.
pub const WATT_INPUT_EXPORT: &str = "raw_to_token_stream";
/// The export of watt's guests that makes the host's number of a token stream.
pub const WATT_OUTPUT_EXPORT: &str = "token_stream_into_raw";

/// The name of the exported memory.
pub const MEMORY_EXPORT: &str = "memory";
/// The name of the exported global with the address of the declarations.
pub const DECLS_EXPORT: &str = "__rustc_proc_macro_decls";
/// The name of the exported function that runs a macro.
pub const RUN_EXPORT: &str = "__rustc_proc_macro_run";

const MEMORY: &str = "memory of 32-bit addresses";
const DECLS: &str = "immutable global of type i32";
const RUN: &str = "function (i32, i32, i32, i32) -> i64";
const FUNCTION: &str = "function";
const ONE_STREAM: &str = "function (i32) -> i32";
const TWO_STREAMS: &str = "function (i32, i32) -> i32";

impl GuestAbi {
    /// The ABI's name, for people and for `stubgen inspect --json`.
    pub fn name(self) -> &'static str {
        match self {
            GuestAbi::Rustc1 => "rustc_proc_macro-1",
            GuestAbi::Watt04 => WATT_04_MODULE,
            GuestAbi::Watt05 => WATT_05_MODULE,
        }
    }

    /// Tells the ABI that a module is made for, by what it exports and imports.
    pub(crate) fn of(structure: &Structure<'_>) -> GuestAbi {
        if GuestAbi::numbers_macros(structure) {
            return GuestAbi::Rustc1;
        }
        // A module that imports from both versions is refused later: for the second of them.
        let watt = structure.imports.iter().find_map(|import| match &*import.module {
            WATT_04_MODULE => Some(GuestAbi::Watt04),
            WATT_05_MODULE => Some(GuestAbi::Watt05),
            _ => None,
        });
        watt.unwrap_or(GuestAbi::Rustc1)
    }

    /// Whether a module is one for rustc, whose host finds a macro by its number instead of its function.
    pub(crate) fn numbers_macros(structure: &Structure<'_>) -> bool {
        structure.exports.iter().any(|export| export.name == RUN_EXPORT)
            || structure.imports.iter().any(|import| import.module == HOST_MODULE)
    }

    /// Checks a module's imports, exports and declarations against this ABI.
    pub(super) fn check(self, structure: &Structure<'_>, macros: &[Declaration]) -> Result<(), ModuleError> {
        structure.imports.iter().try_for_each(|import| self.check_import(import))?;
        let exports: FxHashMap<&str, &ItemType> =
            structure.exports.iter().map(|Export { name, ty }| (name.as_str(), ty)).collect();
        let check = |name: &str, expected, fits: fn(&ItemType) -> bool| match exports.get(name) {
            Some(ty) if fits(ty) => Ok(()),
            Some(ty) => Err(ModuleError::WrongExport { name: excerpt(name), expected, found: (*ty).clone() }),
            None => Err(ModuleError::MissingExport { name: excerpt(name), expected }),
        };
        check(MEMORY_EXPORT, MEMORY, |ty| *ty == ItemType::Memory { memory64: false, shared: false })?;
        match self {
            GuestAbi::Rustc1 => {
                check(DECLS_EXPORT, DECLS, |ty| *ty == ItemType::Global { ty: I32, mutable: false })?;
                check(RUN_EXPORT, RUN, |ty| is_function(ty, &[I32, I32, I32, I32], &[I64]))?;
                super::declarations::check_functions(macros)?;
            }
            GuestAbi::Watt04 | GuestAbi::Watt05 => {
                check(WATT_INPUT_EXPORT, ONE_STREAM, takes_one_stream)?;
                check(WATT_OUTPUT_EXPORT, ONE_STREAM, takes_one_stream)?;
                for declaration in macros {
                    match declaration {
                        Declaration::Attr { function, .. } => check(function, TWO_STREAMS, takes_two_streams)?,
                        _ => check(declaration.function(), ONE_STREAM, takes_one_stream)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn check_import(self, import: &Import) -> Result<(), ModuleError> {
        let Import { module, name, ty } = import;
        let unknown = || ModuleError::UnknownImport { module: excerpt(module), name: excerpt(name) };
        let wrong = |expected| ModuleError::WrongImport {
            module: excerpt(module),
            name: excerpt(name),
            expected,
            found: ty.clone(),
        };
        let offered: &[HostFunction] = match (self, module.as_str()) {
            (GuestAbi::Rustc1, HOST_MODULE) => &HOST_FUNCTIONS,
            (GuestAbi::Watt04, WATT_04_MODULE) | (GuestAbi::Watt05, WATT_05_MODULE) => &WATT_FUNCTIONS,
            (_, WASI_MODULE) if WASI_FUNCTIONS.contains(&name.as_str()) => {
                let is_function = matches!(ty, ItemType::Function(_));
                return if is_function { Ok(()) } else { Err(wrong(FUNCTION.to_owned())) };
            }
            _ => return Err(unknown()),
        };
        let host = offered.iter().find(|function| function.name == name).ok_or_else(unknown)?;
        if is_function(ty, host.params, host.results) {
            return Ok(());
        }
        let expected = Signature { params: host.params.into(), results: host.results.into() };
        Err(wrong(ItemType::Function(Arc::new(expected)).to_string()))
    }
}

/// Whether a function of watt's guests can be a derive or a function-like macro.
pub(crate) fn takes_one_stream(ty: &ItemType) -> bool {
    is_function(ty, &[I32], &[I32])
}

/// Whether a function of watt's guests can be an attribute.
pub(crate) fn takes_two_streams(ty: &ItemType) -> bool {
    is_function(ty, &[I32, I32], &[I32])
}

fn is_function(ty: &ItemType, params: &[ValueType], results: &[ValueType]) -> bool {
    matches!(ty, ItemType::Function(ty) if *ty.params == *params && *ty.results == *results)
}
