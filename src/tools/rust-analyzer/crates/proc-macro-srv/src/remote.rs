//! Macros from WebAssembly modules. They run as in the compiler of this toolchain: in the same sandbox, with the same limits, and with
//! what the user has granted to their packages.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rustc_proc_macro::bridge::{
    client::ProcMacro,
    server::{Extent, MAX_SYNTAX_DEPTH, take_output_depth},
};
use rustc_wasm_proc_macro_client::{
    self as client, Cache, Events, ModuleFile, Surroundings, Sysroot,
    policy::{Grants, Policy},
};

use crate::{PanicMessage, bridge::TokenTree, token_stream::TokenStream};

pub(crate) use client::text_of;

/// Where Cargo writes, below the cache's directory in its target directory, what the packages of modules are granted: a file for each
/// module, by the SHA-256 of its contents.
const GRANTS: &str = "policy/modules";

/// The environment variable with the directory of the cache.
const CACHE: &str = "RUSTC_WASM_PROC_MACRO_CACHE";

/// Bytes of the stack on which an output is dropped, however deep it is.
const STACK_TO_DROP: usize = 64 << 20;

/// The macros of the module at `path`, which stay until the process ends. `None` if the file is something else.
pub(crate) fn open(path: &Path) -> Option<io::Result<&'static [ProcMacro]>> {
    client::starts_as_wasm(path)
        .then(|| macros(path).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)))
}

fn macros(path: &Path) -> Result<&'static [ProcMacro], String> {
    let target = client::default_cache_dir(path.parent(), Path::new("/"));
    let cache = Cache::new(client::variable(CACHE).map_or_else(|| target.clone(), PathBuf::from));
    let file = ModuleFile::read(path, &cache)?;
    let abi = &file.info.abi;
    let grants = policy(&target, &file)?.grants(&file.info.digest.0, &abi.krate, &abi.version);
    let server = Server { sysroot: Sysroot::new(None), cache };
    Ok(client::proc_macros(Arc::new(file), grants, Arc::new(server)))
}

/// What Cargo says of this very module. Where Cargo says nothing, nothing is granted: the names of modules, crates and files are their
/// authors'.
fn policy(cache_dir: &Path, file: &ModuleFile) -> Result<Policy, String> {
    let path = cache_dir.join(GRANTS).join(format!("{}.toml", file.info.digest));
    if !path.is_file() {
        return Ok(Policy::of_process());
    }
    Policy::read(&path).map_err(|error| format!("`{}`: {error}", path.display()))
}

struct Server {
    sysroot: Sysroot,
    cache: Cache,
}

impl Surroundings for Server {
    fn sysroot(&self) -> &Sysroot {
        &self.sysroot
    }

    fn cache(&self) -> &Cache {
        &self.cache
    }

    fn place(&self) -> u64 {
        /// What every expansion has its own of.
        #[derive(Default)]
        struct Place {
            number: u64,
            variables: Vec<(OsString, OsString)>,
            dir: Option<PathBuf>,
        }
        static LAST: Mutex<Option<Place>> = Mutex::new(None);
        let mut variables: Vec<_> = env::vars_os().collect();
        variables.sort_unstable();
        let dir = env::current_dir().ok();
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.get_or_insert_default();
        if last.variables != variables || last.dir != dir {
            *last = Place { number: last.number + 1, variables, dir };
        }
        last.number
    }

    fn here(&self, grants: &Grants) -> Grants {
        grants.renewed()
    }

    /// It speaks with rust-analyzer over it.
    fn needs_standard_output(&self) -> bool {
        true
    }
}

impl Events for Server {
    fn warn(&self, message: &str) {
        eprintln!("the cache of procedural macros: {message}");
    }
}

/// How deep the groups of `stream` are nested, and about how many bytes it takes.
pub(crate) fn extent<S>(stream: &TokenStream<S>) -> Extent {
    let mut extent = Extent::default();
    let mut streams = vec![(stream, 0)];
    while let Some((stream, depth)) = streams.pop() {
        extent.weight = extent.weight.saturating_add(size_of_val(&**stream.0) as u64);
        for tree in stream.0.iter() {
            if let TokenTree::Group(group) = tree {
                extent.depth = extent.depth.max(depth + 1);
                streams.extend(group.stream.as_ref().map(|stream| (stream, depth + 1)));
            }
        }
    }
    extent
}

/// Refuses an output that is nested deeper than the compiler parses: whoever drops or reads it recurses.
pub(crate) fn shallow<S: Send + Sync>(output: TokenStream<S>) -> Result<TokenStream<S>, PanicMessage> {
    if take_output_depth().is_none_or(|depth| depth <= MAX_SYNTAX_DEPTH) {
        return Ok(output);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_TO_DROP);
        if let Ok(thread) = thread.spawn_scoped(scope, move || drop(output)) {
            _ = thread.join();
        }
    });
    let message =
        format!("procedural macro stopped: its output is nested more than {MAX_SYNTAX_DEPTH} deep");
    Err(PanicMessage { message: Some(message) })
}
