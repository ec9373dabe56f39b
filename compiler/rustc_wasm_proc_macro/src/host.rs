//! The table of everything that a guest may call: the bridge, and WASI preview 1.

use rustc_wasm_proc_macro_api::policy::Wanted;
use stubgen::module::{HOST_MODULE as BRIDGE, WASI_MODULE as WASI};
use wasmtime::{Caller, FuncType, Linker, Val, ValType};

use crate::errno::Errno;
use crate::guest::Guest;
use crate::wasi::files::Needs;
use crate::{bridge, fault, wasi};

/// Defines every function that a guest may import.
///
/// # Errors
///
/// None in practice; Wasmtime's, if a name stood here twice.
pub(crate) fn define(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.func_wrap(BRIDGE, "dispatch", bridge::dispatch)?;
    linker.func_wrap(BRIDGE, "take", bridge::take)?;
    linker.func_wrap(BRIDGE, "panic", bridge::panic)?;
    // What a program has and a macro has not, and what it is told of: by the standard library, before it says so itself.
    linker.func_wrap(BRIDGE, "variable", bridge::variable)?;
    linker.func_wrap(BRIDGE, "refuse", bridge::refuse)?;
    linker.func_wrap(BRIDGE, "command", bridge::command)?;

    // The process: what a macro may see of the compiler's environment, no arguments, no signals.
    linker.func_wrap(WASI, "args_get", wasi::args_get)?;
    linker.func_wrap(WASI, "args_sizes_get", wasi::args_sizes_get)?;
    linker.func_wrap(WASI, "environ_get", wasi::environ_get)?;
    linker.func_wrap(WASI, "environ_sizes_get", wasi::environ_sizes_get)?;
    linker.func_wrap(WASI, "proc_exit", wasi::proc_exit)?;
    linker.func_wrap(WASI, "sched_yield", wasi::sched_yield)?;
    // Time and chance.
    linker.func_wrap(WASI, "clock_res_get", wasi::clocks::clock_res_get)?;
    linker.func_wrap(WASI, "clock_time_get", wasi::clocks::clock_time_get)?;
    linker.func_wrap(WASI, "poll_oneoff", wasi::clocks::poll_oneoff)?;
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
    // The directory's descriptor, and the path, by which something would change.
    Refused::change("path_create_directory", "iii", 0, 1, Needs::Nothing),
    Refused::change("path_filestat_set_times", "iiiilli", 0, 2, Needs::Something),
    Refused::change("path_link", "iiiiiii", 4, 5, Needs::Nothing),
    Refused::change("path_remove_directory", "iii", 0, 1, Needs::Something),
    Refused::change("path_rename", "iiiiii", 0, 1, Needs::Something),
    Refused::change("path_symlink", "iiiii", 2, 3, Needs::Nothing),
    Refused::change("path_unlink_file", "iii", 0, 1, Needs::Something),
    Refused::named("proc_raise", "i", || Wanted::Other("sending a signal".to_owned())),
    Refused::named("sock_accept", "iii", no_socket),
    Refused::named("sock_recv", "iiiiii", no_socket),
    Refused::named("sock_send", "iiiii", no_socket),
    Refused::named("sock_shutdown", "ii", no_socket),
];

fn no_socket() -> Wanted {
    Wanted::Socket(String::new())
}

/// A function of preview 1 that only returns an error code.
struct Refused {
    name: &'static str,
    /// One letter a parameter: `i` is 32 bits, `l` is 64 bits.
    parameters: &'static str,
    why: Why,
}

enum Why {
    /// It works on a descriptor that cannot exist.
    Descriptor,
    /// No macro has it.
    Wanted(fn() -> Wanted),
    /// It would change what a path names. The numbers of the parameters with the directory and the path, whose length
    /// comes next.
    Change { dir: usize, path: usize, needs: Needs },
}

impl Refused {
    const fn descriptor(name: &'static str, parameters: &'static str) -> Refused {
        Refused { name, parameters, why: Why::Descriptor }
    }

    const fn named(name: &'static str, parameters: &'static str, wanted: fn() -> Wanted) -> Refused {
        Refused { name, parameters, why: Why::Wanted(wanted) }
    }

    const fn change(name: &'static str, parameters: &'static str, dir: usize, path: usize, needs: Needs) -> Refused {
        Refused { name, parameters, why: Why::Change { dir, path, needs } }
    }

    fn define(&'static self, linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
        let parameters = self.parameters.chars().map(|letter| match letter {
            'l' => ValType::I64,
            _ => ValType::I32,
        });
        let ty = FuncType::new(linker.engine(), parameters, [ValType::I32]);
        linker.func_new(WASI, self.name, ty, move |caller, arguments, results| {
            let errno = self.errno(caller, arguments)?;
            match results {
                [result] => *result = Val::I32(errno.0.into()),
                _ => {
                    return Err(fault::Stop::protocol("a call without a place for its result").into());
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    fn errno(&self, mut caller: Caller<'_, Guest>, arguments: &[Val]) -> Result<Errno, fault::Stop> {
        let argument = |number: usize| arguments.get(number).and_then(Val::i32).map_or(0, i32::cast_unsigned);
        match self.why {
            Why::Descriptor => Ok(Errno::BADF),
            Why::Wanted(wanted) => {
                caller.data_mut().refuse(wanted());
                Ok(Errno::NOTCAPABLE)
            }
            Why::Change { dir, path, needs } => {
                wasi::files::refuse_change(&mut caller, argument(dir), argument(path), argument(path + 1), needs)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use stubgen::module::{
        HOST_FUNCTIONS, HOST_MODULE, WASI_FUNCTIONS, WASI_MODULE, WATT_04_MODULE, WATT_05_MODULE, WATT_FUNCTIONS,
    };
    use wasmtime::Store;

    use crate::engine;
    use crate::guest;

    /// Types as text, as both sides write them.
    fn types(all: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
        all.into_iter().map(|ty| ty.to_string()).collect()
    }

    #[test]
    fn every_import_that_stubgen_lets_through_exists() {
        // A module whose imports pass there must link here, whatever it uses of WASI.
        let host = engine::host().map_err(|error| panic!("{error}")).unwrap();
        let mut store = Store::new(&host.engine, guest::tests::guest());
        let defined: Vec<_> = host.linker.iter(&mut store).collect();
        let mut defined: BTreeMap<_, _> = defined
            .into_iter()
            .map(|(module, name, item)| {
                let ty = item.into_func().unwrap().ty(&store);
                ((module.to_owned(), name.to_owned()), (types(ty.params()), types(ty.results())))
            })
            .collect();
        for name in WASI_FUNCTIONS {
            let place = (WASI_MODULE.to_owned(), name.to_owned());
            assert!(defined.remove(&place).is_some(), "stubgen has `{name}`, and the linker has not");
        }
        let host_functions = HOST_FUNCTIONS.iter().map(|function| (HOST_MODULE, function));
        let watt = [WATT_04_MODULE, WATT_05_MODULE];
        let watt_functions =
            watt.iter().flat_map(|&module| WATT_FUNCTIONS.iter().map(move |function| (module, function)));
        for (module, function) in host_functions.chain(watt_functions) {
            let found = defined.remove(&(module.to_owned(), function.name.to_owned()));
            let declared = (types(function.params), types(function.results));
            assert_eq!(found, Some(declared), "`{}`: the linker, and stubgen", function.name);
        }
        assert!(defined.is_empty(), "the linker has what stubgen does not let through: {:?}", defined.keys());
    }
}
