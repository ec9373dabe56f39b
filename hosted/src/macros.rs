//! The runtime that runs macros, as the compiler in WebAssembly calls it: macro -> host -> compiler.
//!
//! The compiler's end is `compiler/rustc_wasm_proc_macro_client/src/runtime/imported.rs`.

use std::mem;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustc_wasm_proc_macro::rustc_wasm_proc_macro_runtime;
use rustc_wasm_proc_macro_api::policy::{DEFAULT_MEMORY, Grants, Wanted};
use rustc_wasm_proc_macro_api::table::{Function, Outcome, path_bytes};
use rustc_wasm_proc_macro_api::{CallError, Dispatch, LoadedModule, Module, Runtime};
use stubgen::module::{ModuleInfo, Runnable};
use wasmtime::{Caller, Error, Extern, Instance, Linker, Memory, Result, Store, TypedFunc};

use crate::compiler::{Directory, Guest, one_line};

const MODULE: &str = "rustc_wasm_proc_macro";

/// The compiler says that a reply is an error.
const ERROR: u64 = 1 << 31;

/// The most modules of one run: each stays until the process ends.
const MODULE_LIMIT: usize = 1 << 12;

/// What the host knows of a run's macros.
pub(crate) struct Macros {
    loaded: Vec<LoadedModule>,
    exports: Option<Exports>,
    /// What macros may read of, whatever the compiler says that they are granted.
    directories: Vec<PathBuf>,
    /// The host's own: the compiler must not say from where native code is loaded.
    cache: PathBuf,
    /// How long each of their expansions may take at most.
    time: Duration,
}

/// What the compiler lets the host call.
#[derive(Clone)]
struct Exports {
    memory: Memory,
    room: TypedFunc<u32, u32>,
    call: TypedFunc<(u32, u32), u64>,
}

impl Macros {
    pub(crate) fn new(directories: &[Directory], cache: &Path, time: Duration) -> Macros {
        let directories = directories.iter().map(|directory| directory.path.clone()).collect();
        Macros { loaded: Vec::new(), exports: None, directories, cache: cache.to_owned(), time }
    }
}

/// Defines the two imports.
pub(crate) fn define(linker: &mut Linker<Guest>) -> Result<()> {
    linker.func_wrap(MODULE, "load", load)?;
    linker.func_wrap(MODULE, "expand", expand)?;
    Ok(())
}

/// Finds the exports, which a compiler without macros lacks.
pub(crate) fn find_exports(store: &mut Store<Guest>, instance: &Instance) -> Result<()> {
    let Some(memory) = instance.get_memory(&mut *store, "memory") else {
        return Err(Error::msg("it has no memory"));
    };
    store.data_mut().wasi.memory = Some(memory);
    if let (Some(Extern::Func(room)), Some(Extern::Func(call))) = (
        instance.get_export(&mut *store, "rustc_wasm_proc_macro_room"),
        instance.get_export(&mut *store, "rustc_wasm_proc_macro_call"),
    ) {
        let exports = Exports { memory, room: room.typed(&*store)?, call: call.typed(&*store)? };
        store.data_mut().macros.exports = Some(exports);
    }
    Ok(())
}

fn exports(caller: &Caller<'_, Guest>) -> Result<Exports> {
    caller.data().macros.exports.clone().ok_or_else(|| Error::msg("the compiler lacks the exports for macros"))
}

/// A copy of a slice of the compiler's.
fn slice(caller: &Caller<'_, Guest>, exports: &Exports, pointer: u32, len: u32) -> Result<Vec<u8>> {
    let memory = exports.memory.data(caller);
    let start = pointer as usize;
    let bytes = memory.get(start..).and_then(|rest| rest.get(..len as usize));
    bytes.map(<[u8]>::to_vec).ok_or_else(|| Error::msg("the compiler names a slice outside its memory"))
}

#[expect(clippy::too_many_arguments, reason = "so many numbers cross the border")]
fn load(
    mut caller: Caller<'_, Guest>,
    bytes: u32,
    len: u32,
    digest: u32,
    _cache: u32,
    _cache_len: u32,
    only_cached: u32,
    grants: u32,
    grants_len: u32,
) -> Result<u32> {
    let exports = exports(&caller)?;
    let bytes = slice(&caller, &exports, bytes, len)?;
    let digest = slice(&caller, &exports, digest, 32)?;
    let grants = slice(&caller, &exports, grants, grants_len)?;
    let macros = &caller.data().macros;
    let loaded = match ModuleInfo::parse(&bytes) {
        Ok(info) if info.digest.0[..] == digest[..] => {
            module(&bytes, &info.runnable(), only_cached != 0, &grants, macros)
        }
        Ok(_) => Err("the module is another one than its digest says".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    match loaded {
        Ok(module) => {
            let loaded = &mut caller.data_mut().macros.loaded;
            loaded.push(module);
            Ok(u32::try_from(loaded.len())?)
        }
        Err(message) => {
            Server::new(&mut caller, exports).say(Function::Result, 0, message.as_bytes())?;
            Ok(0)
        }
    }
}

fn module(
    bytes: &[u8],
    runnable: &Runnable,
    only_cached: bool,
    grants: &[u8],
    macros: &Macros,
) -> Result<LoadedModule, String> {
    if macros.loaded.len() >= MODULE_LIMIT {
        return Err(format!("more than {MODULE_LIMIT} modules"));
    }
    let grants = Grants::decode(grants).ok_or("the compiler's grants cannot be read")?;
    let grants = grants.within(&macros.directories, macros.time, DEFAULT_MEMORY)?;
    let module = Module {
        bytes,
        runnable,
        cache: Some(&macros.cache),
        only_cached,
        needs_standard_output: false,
        grants: &grants,
    };
    Runtime::new(rustc_wasm_proc_macro_runtime())?.load(&module, &())
}

fn expand(
    mut caller: Caller<'_, Guest>,
    module: u32,
    index: u32,
    force_show_panics: u32,
    input: u32,
    input_len: u32,
) -> Result<u32> {
    let exports = exports(&caller)?;
    let input = slice(&caller, &exports, input, input_len)?;
    let loaded = (module as usize).checked_sub(1).and_then(|index| caller.data().macros.loaded.get(index).copied());
    let Some(loaded) = loaded else { return Err(Error::msg("the compiler names a module that is not loaded")) };
    let mut server = Server::new(&mut caller, exports);
    let expanded = loaded.expand(index, &input, force_show_panics != 0, &mut server, &());
    if let Some(error) = server.error.take() {
        return Err(error);
    }
    let (outcome, bytes) = match expanded {
        Ok(output) => (Outcome::OUTPUT, output),
        Err(CallError::Panic(message)) => (Outcome::PANIC, message.into_bytes()),
        Err(CallError::Fault(message)) => (Outcome::FAULT, message.into_bytes()),
    };
    server.say(Function::Result, 0, &bytes)?;
    Ok(outcome.0)
}

/// The compiler, as the runtime sees it during one import.
struct Server<'a, 'b> {
    caller: &'a mut Caller<'b, Guest>,
    exports: Exports,
    reply: Vec<u8>,
    /// What ended the compiler while it answered. The macro ends, and then the import.
    error: Option<Error>,
}

impl<'a, 'b> Server<'a, 'b> {
    fn new(caller: &'a mut Caller<'b, Guest>, exports: Exports) -> Server<'a, 'b> {
        Server { caller, exports, reply: Vec::new(), error: None }
    }

    fn say(&mut self, function: Function, number: u32, bytes: &[u8]) -> Result<u64> {
        let room = self.exports.room.call(&mut *self.caller, u32::try_from(bytes.len())?)?;
        self.exports.memory.write(&mut *self.caller, room as usize, bytes)?;
        self.exports.call.call(&mut *self.caller, (function as u32, number))
    }

    /// [`say`](Server::say), unless the compiler has ended. 0 if it has.
    fn told(&mut self, function: Function, number: u32, bytes: &[u8]) -> u64 {
        if self.error.is_some() {
            return 0;
        }
        self.say(function, number, bytes).unwrap_or_else(|error| {
            self.error = Some(error);
            0
        })
    }
}

impl Dispatch for Server<'_, '_> {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        let replied = self.told(Function::Dispatch, 0, request);
        if let Some(error) = &self.error {
            return Err(format!("the compiler has stopped: {}", one_line(error)));
        }
        let (pointer, len) = ((replied >> 32) as u32, (replied & (ERROR - 1)) as u32);
        self.reply = slice(self.caller, &self.exports, pointer, len).map_err(|error| error.to_string())?;
        if replied & ERROR == 0 { Ok(&self.reply) } else { Err(String::from_utf8_lossy(&self.reply).into_owned()) }
    }

    fn depends_on(&mut self, path: &Path) {
        if let Some(path) = path_bytes(path) {
            self.told(Function::DependsOn, 0, path);
        }
    }

    fn refused(&mut self, wanted: Wanted) {
        let (kind, what) = wanted.encode();
        self.told(Function::Refused, kind, &what);
    }

    fn variable(&mut self, name: &str) -> bool {
        self.told(Function::Variable, 0, name.as_bytes()) != 0
    }
}

// A run that ends leaves its modules to the process.
const _: () = assert!(!mem::needs_drop::<LoadedModule>());
