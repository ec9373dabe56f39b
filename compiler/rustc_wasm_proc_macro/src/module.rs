//! A loaded module: from bytes or from the cache to compiled code, and the pool of its instances.

use std::hash::{Hash, Hasher};
use std::io::{self, ErrorKind::NotFound};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_wasm_proc_macro_api::policy::Grants;
use stubgen::cache::{Cache, Key, Kind};
use stubgen::module::{Digest, Interface, Runnable};
use wasmtime::{InstancePre, ModuleVersionStrategy};

use crate::clock::Running;
use crate::compile::compile;
use crate::engine::{self, Host};
use crate::events::measured;
use crate::fault::{Fault, LoadError, one_line};
use crate::guest::Guest;
use crate::instance::Instance;
use crate::memory::Account;
use crate::{Activity, Dispatch, Events, stack};

/// A module with procedural macros, ready to run. Clones are the same module.
#[derive(Clone)]
pub struct Module {
    shared: Arc<Shared>,
}

struct Shared {
    module: InstancePre<Guest>,
    interface: Interface,
    from_cache: bool,
    /// The memory of all its instances.
    account: Arc<Account>,
    idle: Mutex<Idle>,
}

/// Instances that no expansion uses.
struct Idle {
    /// What they know of environment and working directory; see [`Dispatch::place`].
    place: u64,
    /// What the module is granted there.
    grants: Grants,
    /// The last one that came back goes out first, so that without nesting or threads there is one, and its state lasts for
    /// the compilation as the state of a native macro does.
    instances: Vec<Instance>,
}

impl Module {
    /// Makes a module from `bytes`, which were checked when `runnable` was read from them.
    ///
    /// Compiled code is taken from `cache`, or made and put there. A cache that cannot be written is warned of through
    /// `events` and is otherwise no error. Whoever can write the cache can run code in this process.
    ///
    /// # Errors
    ///
    /// The module is not valid, does not follow the ABI, or cannot run on this machine.
    pub fn load(
        bytes: &[u8],
        runnable: &Runnable,
        cache: Option<&Cache>,
        grants: &Grants,
        events: &dyn Events,
    ) -> Result<Module, LoadError> {
        let host = engine::host().map_err(LoadError::Engine)?;
        let cache = cache.map(|cache| (cache, key(host, &runnable.digest)));
        if let Some((cache, key)) = &cache
            && let Some(module) = measured(events, Activity::Load, || find(host, cache, key, events))
        {
            return Module::link(host, &module, &runnable.interface, grants, true);
        }
        let module = measured(events, Activity::Compile, || -> Result<_, LoadError> {
            // The file may be mapped, and is built anew at times. Code must not come under another module's key.
            let bytes = bytes.to_vec();
            if Digest::of(&bytes) != runnable.digest {
                return Err(LoadError::Changed);
            }
            let code = compile(&host.config, bytes)?;
            if let Some((cache, key)) = &cache {
                publish(&code, cache, key, events);
            }
            // SAFETY: Wasmtime has made it a moment ago, in memory of our own.
            let module = unsafe { wasmtime::Module::deserialize(&host.engine, &code) };
            module.map_err(|error| LoadError::Compile(one_line(&error)))
        })?;
        Module::link(host, &module, &runnable.interface, grants, false)
    }

    /// [`load`](Module::load), but only if the compiled code is in `cache`.
    ///
    /// # Errors
    ///
    /// As [`load`](Module::load), and [`LoadError::NotCached`].
    pub fn load_cached(
        runnable: &Runnable,
        cache: &Cache,
        grants: &Grants,
        events: &dyn Events,
    ) -> Result<Module, LoadError> {
        let host = engine::host().map_err(LoadError::Engine)?;
        let module = measured(events, Activity::Load, || find(host, cache, &key(host, &runnable.digest), events));
        Module::link(host, &module.ok_or(LoadError::NotCached)?, &runnable.interface, grants, true)
    }

    fn link(
        host: &Host,
        module: &wasmtime::Module,
        interface: &Interface,
        grants: &Grants,
        from_cache: bool,
    ) -> Result<Module, LoadError> {
        let module = host.linker.instantiate_pre(module).map_err(|error| LoadError::Link(one_line(&error)))?;
        let idle = Mutex::new(Idle { place: 0, grants: grants.clone(), instances: Vec::new() });
        let (interface, account) = (interface.clone(), Account::new(grants));
        Ok(Module { shared: Arc::new(Shared { module, interface, from_cache, account, idle }) })
    }

    /// Whether the compiled code came from the cache.
    pub fn from_cache(&self) -> bool {
        self.shared.from_cache
    }

    /// Runs macro number `index`, counted as in the module's declarations, on `input`, and returns its output. Both are
    /// in `proc_macro::bridge`'s serialization; a module made for watt has an input and an output of its own, see
    /// [`rustc_wasm_proc_macro_api::watt`].
    ///
    /// May be called from several threads, and from within `dispatch`: each expansion has an instance to itself. An
    /// instance is used again after a success, and never after a fault.
    ///
    /// # Errors
    ///
    /// Whatever ended the expansion early. Nothing is known about the macro's output then.
    pub fn expand(
        &self,
        index: u32,
        input: &[u8],
        force_show_panics: bool,
        dispatch: &mut dyn Dispatch,
        events: &dyn Events,
    ) -> Result<Vec<u8>, Fault> {
        stack::with_room(|| self.expand_here(index, input, force_show_panics, dispatch, events))
    }

    /// [`Module::expand`] where the stack has [`EXPANSION_STACK`](rustc_wasm_proc_macro_api::EXPANSION_STACK) bytes left.
    pub(crate) fn expand_here(
        &self,
        index: u32,
        input: &[u8],
        force_show_panics: bool,
        dispatch: &mut dyn Dispatch,
        events: &dyn Events,
    ) -> Result<Vec<u8>, Fault> {
        let shared = &*self.shared;
        let place = dispatch.place();
        let (instance, grants) = shared.idle().take(place);
        let running = Running::begin(shared.module.module(), grants.time()).map_err(Fault::new)?;
        let deadline = running.deadline();
        let mut instance = match instance {
            Some(instance) => instance,
            None => {
                let make = || Instance::new(&shared.module, &shared.interface, &grants, &shared.account, deadline);
                let made = measured(events, Activity::Instantiate, make);
                made.inspect_err(|fault| fault.refused().iter().for_each(|wanted| dispatch.refused(wanted.clone())))?
            }
        };
        let expand = || instance.expand(index, input, force_show_panics, deadline, dispatch);
        let output = measured(events, Activity::Expand, expand)?;
        let mut idle = shared.idle();
        if idle.place == place {
            idle.instances.push(instance);
        }
        Ok(output)
    }
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    /// An instance for an expansion at `place`, or what a new one is granted there.
    fn take(&mut self, place: u64) -> (Option<Instance>, Grants) {
        if self.place != place {
            self.place = place;
            self.grants = self.grants.renewed();
            self.instances.clear();
        }
        (self.instances.pop(), self.grants.clone())
    }
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module").field("interface", &self.shared.interface).finish_non_exhaustive()
    }
}

/// The cached code of a module, mapped. A damaged or foreign entry is no entry.
fn find(host: &Host, cache: &Cache, key: &Key, events: &dyn Events) -> Option<wasmtime::Module> {
    let entry = cache.lookup(Kind::Module, key)?;
    // SAFETY: the file is what Wasmtime wrote for this engine and these bytes: `key` names engine and module, and `lookup`
    // has compared the entry's checksum. Wasmtime does not mind the trailer, which no section header points to. The
    // file stays as it is while it is mapped: entries are replaced by renaming and never written to. Somebody who makes
    // an entry with a right checksum and wrong content can run code in this process; so whoever can write the cache is
    // trusted, as with Cargo's target directory.
    usable(unsafe { wasmtime::Module::deserialize_file(&host.engine, entry.path()) }, events)
}

fn usable(loaded: wasmtime::Result<wasmtime::Module>, events: &dyn Events) -> Option<wasmtime::Module> {
    match loaded {
        Ok(module) => Some(module),
        // Somebody has cleared the cache since the entry was looked up.
        Err(error) if error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == NotFound) => None,
        Err(error) => {
            events.warn(&format!("a cached WebAssembly module cannot be used and is made again: {}", one_line(&error)));
            None
        }
    }
}

fn publish(code: &[u8], cache: &Cache, key: &Key, events: &dyn Events) {
    if let Err(error) = cache.publish(Kind::Module, key, code) {
        events.warn(&format!("a compiled WebAssembly module cannot be cached: {error}"));
    }
}

/// What compiled code depends on: the module's content, and what compiles it.
fn key(host: &Host, digest: &Digest) -> Key {
    Key::from_parts([&digest.0[..], &compiler(host)])
}

/// Everything that Wasmtime says compiled code depends on, which includes this crate's cache version, the host's processor
/// features and the engine's settings; and Wasmtime's own version, whose place in that is taken by ours.
fn compiler(host: &Host) -> Vec<u8> {
    let mut settings = Collector(Vec::new());
    host.engine.precompile_compatibility_hash().hash(&mut settings);
    ModuleVersionStrategy::WasmtimeVersion.hash(&mut settings);
    settings.0
}

/// Collects what is hashed, so that the cache's own hash function is used for it.
struct Collector(Vec<u8>);

impl Hasher for Collector {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::{compiler, usable};
    use crate::{Events, engine};

    #[test]
    fn an_entry_that_was_cleared_away_in_between_is_no_entry_and_no_warning() {
        // Whoever clears the cache while others compile is told nothing else by any of them.
        #[derive(Default)]
        struct Warnings(RefCell<Vec<String>>);
        impl Events for Warnings {
            fn warn(&self, message: &str) {
                self.0.borrow_mut().push(message.to_owned());
            }
        }
        let host = engine::host().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let warnings = Warnings::default();
        // SAFETY: neither file has code in it.
        let load = |name| unsafe { wasmtime::Module::deserialize_file(&host.engine, dir.path().join(name)) };
        assert!(usable(load("gone"), &warnings).is_none());
        assert!(warnings.0.borrow().is_empty(), "{:?}", warnings.0);
        std::fs::write(dir.path().join("other"), "no code").unwrap();
        assert!(usable(load("other"), &warnings).is_none());
        assert_eq!(warnings.0.borrow().len(), 1);
    }

    #[test]
    fn code_that_another_wasmtime_compiled_has_another_key() {
        // Else an update would run it. Nobody has to think of it: the version is Wasmtime's own.
        let manifest = include_str!("../Cargo.toml");
        let version = manifest.split_once("wasmtime = { version = \"=").unwrap().1.split('"').next().unwrap();
        let settings = compiler(engine::host().unwrap());
        assert!(settings.windows(version.len()).any(|window| window == version.as_bytes()), "{version}");
    }
}
