//! The crate as a dynamic library, which the compiler opens when it meets its first module.

use rustc_wasm_proc_macro_api::{self as api, CallError, Dispatch, Events, table};
use stubgen::cache::Cache;

use crate::{FaultKind, LoadError, Module, engine, output};

/// The one symbol of the library: what it can do.
// SAFETY: the name is this crate's own.
#[unsafe(no_mangle)]
pub extern "C" fn rustc_wasm_proc_macro_runtime() -> &'static table::Runtime {
    static RUNTIME: table::Runtime = api::runtime::<Library>();
    &RUNTIME
}

struct Library;

impl api::Load for Library {
    type Module = Module;

    fn prepare() {
        _ = engine::host();
    }

    fn load(module: &api::Module<'_>, events: &dyn Events) -> Result<Module, String> {
        if module.needs_standard_output {
            output::keep_standard_output_clear();
        }
        let cache = module.cache.map(|dir| Cache::new(dir.to_owned()));
        let loaded = match (module.only_cached, &cache) {
            (false, cache) => Module::load(module.bytes, module.runnable, cache.as_ref(), module.grants, events),
            (true, Some(cache)) => Module::load_cached(module.runnable, cache, module.grants, events),
            (true, None) => Err(LoadError::NotCached),
        };
        loaded.map_err(|error| error.to_string())
    }
}

impl api::Expand for Module {
    fn expand(
        &self,
        index: u32,
        input: &[u8],
        force_show_panics: bool,
        dispatch: &mut dyn Dispatch,
        events: &dyn Events,
    ) -> Result<Vec<u8>, CallError> {
        self.expand_here(index, input, force_show_panics, dispatch, events).map_err(|fault| match fault.kind() {
            FaultKind::Panic(message) => CallError::Panic(message.clone()),
            _ => CallError::Fault([vec![fault.to_string()], fault.notes()].concat().join("\n")),
        })
    }
}
