//! The compiler as a guest: its engine, its compiled code, and one run of it.

use std::fmt;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use stubgen::cache::{Cache, Key, Kind};
use stubgen::module::Digest;
use wasmtime::{Config, Engine, Error, InstancePre, Linker, Module, OptLevel, ResourceLimiter, Store, Trap};

use crate::macros::{self, Macros};
use crate::wasi::{self, Exit, Wasi};

/// How deep the compiler's frames may go, in bytes, with those of the macros that it runs.
const WASM_STACK: usize = 192 << 20;

/// Stack of the thread that it runs on: a macro's last expansion, and what the host itself needs, come on top. Most of it is address
/// space alone. No expansion must find less left than it needs: it would get another stack, where the limit above means nothing.
const THREAD_STACK: usize = WASM_STACK + (32 << 20);

/// How long a tick of the clock is by which the time of a run is limited.
const TICK: Duration = Duration::from_millis(50);

/// The compiler, ready to run as often as wanted.
pub struct Compiler {
    module: InstancePre<Guest>,
    cache: PathBuf,
    from_cache: bool,
}

/// A directory that the compiler sees under its own path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Absolute, without symbolic links.
    pub path: PathBuf,
    /// Whether files below it may be written, made and removed.
    pub writes: bool,
}

/// What one run has.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The arguments. The first one is the compiler's own name.
    pub arguments: Vec<String>,
    /// The whole environment, also that of macros.
    pub environment: Vec<(String, String)>,
    /// The directories. The first one is the working directory.
    pub directories: Vec<Directory>,
    /// Its limits.
    pub limits: Limits,
}

/// The limits of one run of the compiler. Macros have others, which the compiler's policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory in bytes. 2 GiB by default.
    pub memory: usize,
    /// Time, that of its macros included. 10 minutes by default.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { memory: 2 << 30, time: Duration::from_secs(600) }
    }
}

/// Why a run has no exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It took longer than it may.
    Time(Duration),
    /// It wanted more memory than it may have, in bytes.
    Memory(usize),
    /// It recursed too deeply.
    Stack,
    /// It trapped, or the host could not go on. What is known of it.
    Trap(String),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::Time(limit) => write!(f, "the compiler was stopped after {} s", limit.as_secs_f64()),
            Stopped::Memory(limit) => write!(f, "the compiler needs more than {} MiB of memory", limit >> 20),
            Stopped::Stack => f.write_str("the compiler has used up its stack"),
            Stopped::Trap(what) => write!(f, "the compiler stopped: {what}"),
        }
    }
}

impl std::error::Error for Stopped {}

/// What the host knows of one run.
pub(crate) struct Guest {
    pub(crate) wasi: Wasi,
    pub(crate) macros: Macros,
    memory: usize,
    /// Whether it wanted more memory than that.
    has_wanted_more: bool,
}

impl ResourceLimiter for Guest {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired <= self.memory {
            return Ok(true);
        }
        // The compiler would take a file that it has no room for to be damaged, and say so.
        self.has_wanted_more = true;
        Err(Error::msg("it has no more memory"))
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= 1 << 20)
    }
}

impl Compiler {
    /// Loads the compiler at `path`. Its compiled code, and that of macros, is kept in the directory `cache`: whoever can write there can
    /// run code in this process.
    ///
    /// # Errors
    ///
    /// What is wrong with the file or with this machine, in one line.
    pub fn load(path: &Path, cache: &Path) -> Result<Compiler, String> {
        let bytes = fs::read(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
        let engine = Engine::new(&config()).map_err(|error| one_line(&error))?;
        let mut settings = Collector(Vec::new());
        engine.precompile_compatibility_hash().hash(&mut settings);
        let key = Key::from_parts([b"compiler", &Digest::of(&bytes).0[..], &settings.0]);
        let store = Cache::new(cache.to_owned());
        let (module, from_cache) = match find(&engine, &store, &key) {
            Some(module) => (module, true),
            None => {
                let code = engine.precompile_module(&bytes).map_err(|error| one_line(&error))?;
                _ = store.publish(Kind::Module, &key, &code);
                // SAFETY: Wasmtime has made it a moment ago, in memory of our own.
                let module = unsafe { Module::deserialize(&engine, &code) };
                (module.map_err(|error| one_line(&error))?, false)
            }
        };
        let mut linker = Linker::new(&engine);
        let linked = wasi::define(&mut linker)
            .and_then(|()| macros::define(&mut linker))
            .and_then(|()| linker.instantiate_pre(&module));
        let module = linked.map_err(|error| format!("`{}`: {}", path.display(), one_line(&error)))?;
        count(&engine)?;
        Ok(Compiler { module, cache: cache.to_owned(), from_cache })
    }

    /// Whether its compiled code came from the cache.
    pub fn from_cache(&self) -> bool {
        self.from_cache
    }

    /// Runs the compiler once, and returns its exit code.
    ///
    /// Macros see the environment and the working directory of this process, which therefore must be those of `invocation`.
    ///
    /// # Errors
    ///
    /// It was stopped. It can be run again.
    pub fn run(&self, invocation: &Invocation) -> Result<i32, Stopped> {
        let thread = thread::Builder::new().name("rustc-hosted".to_owned()).stack_size(THREAD_STACK);
        let failed = |what: &dyn fmt::Display| Stopped::Trap(what.to_string());
        thread::scope(|scope| {
            let run = || self.run_here(invocation);
            let started = thread.spawn_scoped(scope, run).map_err(|error| failed(&error))?;
            started.join().unwrap_or_else(|_| Err(failed(&"this is a bug of rustc-hosted")))
        })
    }

    fn run_here(&self, invocation: &Invocation) -> Result<i32, Stopped> {
        let Limits { memory, time } = invocation.limits;
        let guest = Guest {
            wasi: Wasi::new(invocation).map_err(Stopped::Trap)?,
            macros: Macros::new(&invocation.directories, &self.cache, time),
            memory,
            has_wanted_more: false,
        };
        let mut store = Store::new(self.module.module().engine(), guest);
        store.limiter(|guest| guest);
        store.set_epoch_deadline(u64::try_from(time.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u64::MAX) + 1);
        let result = self.module.instantiate(&mut store).and_then(|instance| {
            macros::find_exports(&mut store, &instance)?;
            instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ())
        });
        let Err(error) = result else { return Ok(0) };
        if let Some(&Exit(code)) = error.downcast_ref() {
            return Ok(code);
        }
        if store.data().has_wanted_more {
            return Err(Stopped::Memory(memory));
        }
        Err(match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => Stopped::Time(time),
            Some(Trap::StackOverflow) => Stopped::Stack,
            _ => Stopped::Trap(one_line(&error)),
        })
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.wasm_exceptions(true).wasm_tail_call(true).wasm_simd(true);
    config.wasm_memory64(false).wasm_multi_memory(false).wasm_gc(false).wasm_function_references(false);
    config.wasm_relaxed_simd(false).cranelift_nan_canonicalization(true);
    config.epoch_interruption(true);
    // Wasmtime wants the second to be at least the first, although there are no async stacks here.
    config.max_wasm_stack(WASM_STACK).async_stack_size(WASM_STACK);
    config.cranelift_opt_level(OptLevel::Speed).parallel_compilation(true);
    // A trap's message names functions, which needs no table of addresses.
    config.generate_address_map(false).native_unwind_info(false);
    config.gc_heap_may_move(false).gc_heap_reservation(64 << 20);
    config
}

fn find(engine: &Engine, cache: &Cache, key: &Key) -> Option<Module> {
    let entry = cache.lookup(Kind::Module, key)?;
    // SAFETY: the file is what Wasmtime wrote for this engine and these bytes, since `key` names both and `lookup` has compared its
    // checksum. It is replaced by renaming, and never written to. Whoever can write there is trusted.
    unsafe { Module::deserialize_file(engine, entry.path()) }.ok()
}

/// Has a thread count the time of all runs.
fn count(engine: &Engine) -> Result<(), String> {
    let engine = engine.weak();
    let count = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    let thread = thread::Builder::new().name("rustc-hosted-clock".to_owned()).spawn(count);
    thread.map(drop).map_err(|error| format!("there is no thread to watch its time: {error}"))
}

/// An error and what is behind it.
pub(crate) fn one_line(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ").replace('\n', " ")
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
