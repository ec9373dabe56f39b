//! The one Wasmtime engine of the process, and why it is configured as it is.

use std::num::NonZeroUsize;
use std::sync::OnceLock;

use rustc_wasm_proc_macro_api::MAX_WASM_STACK;
use wasmtime::{Config, Engine, Linker, Memory, MemoryType, ModuleVersionStrategy, OptLevel, Store};

use crate::guest::Guest;
use crate::{fault, host, traps};

/// Changes whenever compiled code of an older build of this crate must not be used any more although Wasmtime's version and
/// settings are the same: by hand, or with the digest of the patches that `x.py` lays on Wasmtime's crates.
fn cache_version() -> String {
    format!("rustc_wasm_proc_macro 1 {}", option_env!("RUSTC_WASM_PROC_MACRO_PATCHES").unwrap_or_default())
}

/// Compiled once and run many times, over many compilations, so optimized. It costs nothing: serde_derive (2.7 MB of
/// Wasm) takes 1.16 s with it and 1.33 s with `None` on two busy cores.
const OPT_LEVEL: OptLevel = OptLevel::Speed;

/// Frames that a backtrace has at most. Enough to tell endless recursion from a short call chain; see
/// [`traps::DEEP_RECURSION`].
const MAX_BACKTRACE_FRAMES: NonZeroUsize = NonZeroUsize::new(traps::DEEP_RECURSION).unwrap();

/// Address space for each memory where address space is scarce, in bytes. A bigger memory is moved as it grows.
const SMALL_RESERVATION: u64 = 32 << 20;

/// The size of the heap of exception objects, in bytes, of which all is address space from the start. A caught panic leaves
/// some dozens of bytes there, which nothing collects, so this is enough for more than a million.
const EXCEPTION_HEAP: u64 = 64 << 20;

/// The same where address space is scarce.
const SMALL_EXCEPTION_HEAP: u64 = 8 << 20;

/// The engine and all that belongs to it alone.
pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Guest>,
    /// What the engine was made with.
    pub(crate) config: Config,
}

/// The process's engine, made at the first call.
///
/// It has the usual reservation of 4 GiB of address space for each memory, so that guards take the place of bounds
/// checks, unless address space is limited (`ulimit -v`).
///
/// # Errors
///
/// What keeps Wasmtime from running on this machine at all.
pub(crate) fn host() -> Result<&'static Host, String> {
    static HOST: OnceLock<Result<Host, String>> = OnceLock::new();
    HOST.get_or_init(|| make().map_err(|error| fault::one_line(&error))).as_ref().map_err(Clone::clone)
}

fn make() -> wasmtime::Result<Host> {
    // Even a generous limit is used up by the reservations of a few modules.
    let mut config = settings(address_space().is_some())?;
    let mut engine = Engine::new(&config)?;
    if reserve_once(&engine).is_err() {
        config = settings(true)?;
        engine = Engine::new(&config)?;
    }
    let mut linker = Linker::new(&engine);
    host::define(&mut linker)?;
    Ok(Host { engine, linker, config })
}

/// The settings of all engines here, where address space is scarce (`small`) and where it is not.
pub(crate) fn settings(small: bool) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    config.module_version(ModuleVersionStrategy::Custom(cache_version()))?;

    // What guests may use: what rustc emits for its Wasm targets, on a 32-bit memory. Exceptions are panics that unwind.
    config.wasm_exceptions(true).wasm_tail_call(true).wasm_simd(true);
    config.wasm_memory64(false).wasm_multi_memory(false);
    // Exceptions need references, but not these, which rustc does not emit.
    config.wasm_gc(false).wasm_function_references(false);
    // NaN bits and relaxed SIMD are the two places where one host could expand a macro otherwise than another.
    config.wasm_relaxed_simd(false).cranelift_nan_canonicalization(true);
    // Code looks at the time where `interrupt` does not know how to stop it, and before instructions that take long.
    config.epoch_interruption(true);

    // Wasmtime wants the second to be at least the first, although there are no async stacks here.
    config.max_wasm_stack(MAX_WASM_STACK).async_stack_size(MAX_WASM_STACK);
    config.wasm_backtrace_max_frames(Some(MAX_BACKTRACE_FRAMES));
    config.cranelift_opt_level(OPT_LEVEL);
    // By rayon, on threads that `compile` makes. They take no tokens from Cargo's jobserver, so that a first use may load the
    // machine beyond `-j`.
    config.parallel_compilation(true);
    // Faults in the guard pages of a memory are the guest's bounds checks: without signals every access is checked by
    // code of its own, and serde_derive's code takes 4.0 MB instead of 2.1. rustc's handler for SIGSEGV ends in
    // `SIG_DFL`, so that a fault of the compiler itself still ends the process although Wasmtime's handler stands before
    // it; `tests/process.rs` shows both.
    config.signals_based_traps(true);
    // Backtraces name functions, not offsets, and Wasmtime walks frame pointers: neither table has a reader here. A
    // native backtrace of a compiler's panic within a request ends at the guest's frames for want of the second.
    config.generate_address_map(false).native_unwind_info(false);

    // A heap that may not be moved cannot outgrow its reservation, and a guest's share of the machine is bounded.
    config.gc_heap_may_move(false).gc_heap_reservation(if small { SMALL_EXCEPTION_HEAP } else { EXCEPTION_HEAP });
    if small {
        config.memory_reservation(SMALL_RESERVATION).memory_reservation_for_growth(SMALL_RESERVATION);
        config.memory_guard_size(64 << 10).gc_heap_guard_size(64 << 10).guard_before_linear_memory(false);
    }
    Ok(config)
}

/// The limit of the process's address space, in bytes, if there is one (`ulimit -v`).
pub(crate) fn address_space() -> Option<u64> {
    #[cfg(unix)]
    return rustix::process::getrlimit(rustix::process::Resource::As).current;
    #[cfg(not(unix))]
    return None;
}

/// Tries one full reservation, which can fail for reasons that no limit tells of.
fn reserve_once(engine: &Engine) -> wasmtime::Result<()> {
    let mut store = Store::new(engine, ());
    Memory::new(&mut store, MemoryType::new(1, None))?;
    Ok(())
}
