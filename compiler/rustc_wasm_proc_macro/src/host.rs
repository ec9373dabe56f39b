//! The table of everything that a guest may call: the bridge, and WASI preview 1.

use stubgen::module::{HOST_MODULE as BRIDGE, WASI_MODULE as WASI};
use wasmtime::{Caller, FuncType, Linker, Val, ValType};

use crate::guest::Guest;
use crate::wasi::{self, Errno};
use crate::{bridge, fault};

/// Defines every function that a guest may import.
///
/// # Errors
///
/// None in practice; Wasmtime's, if a name stood here twice.
pub(crate) fn define(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap(BRIDGE, "dispatch", bridge::dispatch)?;
    linker.func_wrap(BRIDGE, "take", bridge::take)?;
    linker.func_wrap(BRIDGE, "panic", bridge::panic)?;

    // The process: the compiler's environment, no arguments, no signals.
    linker.func_wrap(WASI, "args_get", wasi::args_get)?;
    linker.func_wrap(WASI, "args_sizes_get", wasi::args_sizes_get)?;
    linker.func_wrap(WASI, "environ_get", wasi::environ_get)?;
    linker.func_wrap(WASI, "environ_sizes_get", wasi::environ_sizes_get)?;
    linker.func_wrap(WASI, "proc_exit", wasi::proc_exit)?;
    linker.func_wrap(WASI, "sched_yield", wasi::sched_yield)?;
    // Time and chance.
    linker.func_wrap(WASI, "clock_res_get", wasi::clock_res_get)?;
    linker.func_wrap(WASI, "clock_time_get", wasi::clock_time_get)?;
    linker.func_wrap(WASI, "poll_oneoff", wasi::poll_oneoff)?;
    linker.func_wrap(WASI, "random_get", wasi::random_get)?;
    // The three standard streams, and what is open of the files that a macro may read.
    linker.func_wrap(WASI, "fd_advise", wasi::files::fd_advise)?;
    linker.func_wrap(WASI, "fd_close", wasi::fd_close)?;
    linker.func_wrap(WASI, "fd_fdstat_get", wasi::fd_fdstat_get)?;
    linker.func_wrap(WASI, "fd_filestat_get", wasi::fd_filestat_get)?;
    linker.func_wrap(WASI, "fd_pread", wasi::files::fd_pread)?;
    linker.func_wrap(WASI, "fd_prestat_dir_name", wasi::files::fd_prestat_dir_name)?;
    linker.func_wrap(WASI, "fd_prestat_get", wasi::files::fd_prestat_get)?;
    linker.func_wrap(WASI, "fd_read", wasi::fd_read)?;
    linker.func_wrap(WASI, "fd_readdir", wasi::files::fd_readdir)?;
    linker.func_wrap(WASI, "fd_seek", wasi::fd_seek)?;
    linker.func_wrap(WASI, "fd_tell", wasi::fd_tell)?;
    linker.func_wrap(WASI, "fd_write", wasi::fd_write)?;
    linker.func_wrap(WASI, "path_filestat_get", wasi::files::path_filestat_get)?;
    linker.func_wrap(WASI, "path_open", wasi::files::path_open)?;
    linker.func_wrap(WASI, "path_readlink", wasi::files::path_readlink)?;

    crate::watt::define(linker)?;
    for refused in REFUSED {
        refused.define(linker)?;
    }
    Ok(())
}

/// The rest of preview 1. These functions exist, so that modules that import them link, and return an error code.
const REFUSED: &[Refused] = &[
    Refused::descriptor("fd_allocate", "ill"),
    Refused::descriptor("fd_datasync", "i"),
    Refused::descriptor("fd_fdstat_set_flags", "ii"),
    Refused::descriptor("fd_fdstat_set_rights", "ill"),
    Refused::descriptor("fd_filestat_set_size", "il"),
    Refused::descriptor("fd_filestat_set_times", "illi"),
    Refused::descriptor("fd_pwrite", "iiili"),
    Refused::descriptor("fd_renumber", "ii"),
    Refused::descriptor("fd_sync", "i"),
    Refused::path("path_create_directory", "iii", 1),
    Refused::path("path_filestat_set_times", "iiiilli", 2),
    Refused::path("path_link", "iiiiiii", 2),
    Refused::path("path_remove_directory", "iii", 1),
    Refused::path("path_rename", "iiiiii", 1),
    Refused::path("path_symlink", "iiiii", 3),
    Refused::path("path_unlink_file", "iii", 1),
    Refused::denied("proc_raise", "i"),
    Refused::denied("sock_accept", "iii"),
    Refused::denied("sock_recv", "iiiiii"),
    Refused::denied("sock_send", "iiiii"),
    Refused::denied("sock_shutdown", "ii"),
];

/// A function of preview 1 that only returns an error code.
struct Refused {
    name: &'static str,
    /// One letter a parameter: `i` is 32 bits, `l` is 64 bits.
    parameters: &'static str,
    errno: Errno,
    /// Whether the call is remembered as a [`Denied`](crate::Denied).
    denied: bool,
    /// The number of the parameter that points to a path; the next one is the path's length.
    path: Option<usize>,
}

impl Refused {
    /// A function of a descriptor that cannot exist.
    const fn descriptor(name: &'static str, parameters: &'static str) -> Refused {
        Refused { name, parameters, errno: Errno::BADF, denied: false, path: None }
    }

    const fn denied(name: &'static str, parameters: &'static str) -> Refused {
        Refused { name, parameters, errno: Errno::NOTCAPABLE, denied: true, path: None }
    }

    const fn path(name: &'static str, parameters: &'static str, path: usize) -> Refused {
        Refused { name, parameters, errno: Errno::NOTCAPABLE, denied: true, path: Some(path) }
    }

    fn define(&'static self, linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
        let parameters = self.parameters.chars().map(|letter| match letter {
            'l' => ValType::I64,
            _ => ValType::I32,
        });
        let ty = FuncType::new(linker.engine(), parameters, [ValType::I32]);
        linker.func_new(WASI, self.name, ty, move |caller, arguments, results| {
            if self.denied {
                self.deny(caller, arguments);
            }
            match results {
                [result] => *result = Val::I32(self.errno.0.into()),
                _ => return Err(fault::Stop::protocol("a call without a place for its result").into()),
            }
            Ok(())
        })?;
        Ok(())
    }

    fn deny(&self, mut caller: Caller<'_, Guest>, arguments: &[Val]) {
        let argument = |number: usize| arguments.get(number).and_then(Val::i32).map(i32::cast_unsigned);
        let path = self.path.and_then(|number| wasi::path(&mut caller, argument(number)?, argument(number + 1)?));
        caller.data_mut().deny(self.name, path);
    }
}

#[cfg(test)]
mod tests {
    use stubgen::module::{
        HOST_FUNCTIONS, HOST_MODULE, WASI_FUNCTIONS, WASI_MODULE, WATT_04_MODULE, WATT_05_MODULE, WATT_FUNCTIONS,
    };
    use wasmtime::Store;

    use crate::engine;
    use crate::guest::Guest;

    #[test]
    fn every_import_that_stubgen_lets_through_exists() {
        // A module whose imports pass there must link here, whatever it uses of WASI.
        let host = engine::host().map_err(|error| panic!("{error}")).unwrap();
        let mut store = Store::new(&host.engine, Guest::default());
        for name in WASI_FUNCTIONS {
            assert!(host.linker.get(&mut store, WASI_MODULE, name).is_ok(), "{name}");
        }
        let host_functions = HOST_FUNCTIONS.iter().map(|function| (HOST_MODULE, function));
        let watt = [WATT_04_MODULE, WATT_05_MODULE];
        let watt_functions =
            watt.iter().flat_map(|&module| WATT_FUNCTIONS.iter().map(move |function| (module, function)));
        for (module, function) in host_functions.chain(watt_functions) {
            let found = host.linker.get(&mut store, module, function.name).ok().and_then(|item| item.into_func());
            let ty = found.expect(function.name).ty(&store);
            assert_eq!((ty.params().len(), ty.results().len()), (function.params.len(), function.results.len()));
        }
        let all = WASI_FUNCTIONS.len() + HOST_FUNCTIONS.len() + 2 * WATT_FUNCTIONS.len();
        assert_eq!(host.linker.iter(&mut store).count(), all);
    }
}
