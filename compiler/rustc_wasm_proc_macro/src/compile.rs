//! From a module's bytes to compiled code, within limits.
//!
//! Wasmtime's compiler takes time and memory as a module's author likes, so it works on threads of its own, which are left alone when
//! they have had enough: they then sleep until the process ends (see `meter`). They have an engine of their own, too, so that no
//! lock of the process's engine stays taken.

use std::num::NonZero;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};
use wasmtime::{Config, Engine};

use crate::engine;
use crate::fault::{LoadError, one_line};
use crate::meter::Meter;

/// The largest module, in bytes. What a debugger needs may be most of a module, and is not compiled.
const SIZE_LIMIT: usize = 512 << 20;

/// The most threads that compile. More than the machine's processors are of no use, whatever the environment says.
const THREADS: usize = 16;

/// With less address space than this there is one thread, in bytes. The C library reserves 64 MiB for each, and never gives them
/// back.
const SCARCE: u64 = 4 << 30;

/// Bytes of stack of each, as ordinary threads have.
const STACK: usize = 2 << 20;

/// How often it is looked what they have had.
const TICK: Duration = Duration::from_millis(20);

/// What a compilation may have.
struct Limits {
    /// The processors' time, all threads together.
    time: Duration,
    /// In bytes.
    memory: i64,
}

impl Limits {
    /// serde_derive has 1.4 MB and takes 2 s and 60 MB.
    fn of(module: &[u8]) -> Limits {
        let mib = u32::try_from(module.len() >> 20).unwrap_or(u32::MAX);
        Limits { time: Duration::from_secs(20) + Duration::from_secs(40).saturating_mul(mib), memory: 2 << 30 }
    }
}

/// Compiles a module, for an engine that is made as `config` says.
///
/// # Errors
///
/// The module is not valid, or takes too much.
pub(crate) fn compile(config: &Config, bytes: Vec<u8>) -> Result<Vec<u8>, LoadError> {
    within(&Limits::of(&bytes), config, bytes)
}

fn within(limits: &Limits, config: &Config, bytes: Vec<u8>) -> Result<Vec<u8>, LoadError> {
    if bytes.len() > SIZE_LIMIT {
        return Err(LoadError::TooMuch(format!("the module has more than {} MiB", SIZE_LIMIT >> 20)));
    }
    let meter = Meter::new(limits.memory);
    let config = config.clone();
    let (sender, receiver) = mpsc::channel();
    let work = move || {
        meter.enter();
        // Whoever waited for it has gone if this fails.
        _ = sender.send(precompile(&config, &bytes, meter));
    };
    let start = processor_time();
    thread::Builder::new()
        .name("wasm-proc-macro-compiler".to_owned())
        .stack_size(STACK)
        .spawn(work)
        .map_err(|error| LoadError::Engine(format!("there is no thread to compile on: {error}")))?;
    loop {
        match receiver.recv_timeout(TICK) {
            Ok(result) => return result.map_err(|error| LoadError::Compile(one_line(&error))),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(LoadError::Compile("WebAssembly's compiler has failed".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) if meter.is_over() => {
                return Err(LoadError::TooMuch(format!(
                    "compiling the module takes more than {} MiB of memory",
                    limits.memory >> 20
                )));
            }
            Err(RecvTimeoutError::Timeout) if processor_time().saturating_sub(start) > limits.time => {
                meter.stop();
                return Err(LoadError::TooMuch(format!(
                    "compiling the module takes more than {} s",
                    limits.time.as_secs()
                )));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn precompile(config: &Config, bytes: &[u8], meter: &'static Meter) -> wasmtime::Result<Vec<u8>> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
    // Where there is no room for more threads, or where they are not to be had, this one does it all.
    let is_scarce = engine::address_space().is_some_and(|limit| limit < SCARCE);
    let pool = if is_scarce { Err(()) } else { pool(threads, meter).map_err(drop) };
    let alone = |()| ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let pool = pool.or_else(alone)?;
    let engine = Engine::new(config)?;
    pool.install(|| engine.precompile_module(bytes))
}

fn pool(threads: usize, meter: &'static Meter) -> Result<ThreadPool, rayon::ThreadPoolBuildError> {
    let name = |number| format!("wasm-proc-macro-compiler-{number}");
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(name)
        .stack_size(STACK)
        .start_handler(|_| meter.enter())
        .build()
}

/// The time that the process has had on all processors. Where the system does not say, the time that has passed.
fn processor_time() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
    }
    #[cfg(not(unix))]
    {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    use super::{Limits, compile, within};
    use crate::engine;
    use crate::fault::LoadError;

    /// Loops within loops, and variables that live in all of them: what registers they have takes more than the square of their
    /// number to say.
    fn costly(loops: usize) -> Vec<u8> {
        let mut text = format!("(module (func (param i32) (local {})", "i32 ".repeat(loops));
        (0..loops).for_each(|_| text.push_str("(loop "));
        for local in 1..=loops {
            _ = write!(text, "(local.set {local} (i32.add (local.get {local}) (local.get 0)))");
        }
        (0..loops).for_each(|_| text.push_str("(br_if 0 (local.get 0)))"));
        text.push_str("))");
        wat::parse_str(&text).unwrap()
    }

    fn too_much(limits: &Limits, module: Vec<u8>) -> String {
        let config = &engine::host().unwrap().config;
        let start = Instant::now();
        match within(limits, config, module) {
            Err(LoadError::TooMuch(message)) => {
                assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
                message
            }
            other => panic!("{:?}", other.map(|code| code.len())),
        }
    }

    #[test]
    fn compilation_takes_no_more_than_it_may() {
        // A module of some kilobytes would take minutes.
        let module = costly(200);
        assert!(module.len() < 10_000);
        let limits = Limits { time: Duration::from_secs(1), memory: 1 << 30 };
        assert_eq!(too_much(&limits, module), "compiling the module takes more than 1 s");
        // One of ten bytes for each of its functions takes thousands of them.
        let functions = format!("(module {})", "(func)".repeat(50_000));
        let limits = Limits { time: Duration::from_secs(100), memory: 8 << 20 };
        assert_eq!(
            too_much(&limits, wat::parse_str(functions).unwrap()),
            "compiling the module takes more than 8 MiB of memory"
        );
        // Neither is in the way of others.
        compile(&engine::host().unwrap().config, costly(2)).unwrap();
    }

    #[test]
    fn a_module_has_at_least_ten_times_what_macros_take() {
        // serde_derive in release mode: 1.4 MB, 2 s on two processors, 60 MB.
        let Limits { time, memory } = Limits::of(&[0; 1_400_000]);
        assert!(time >= 10 * Duration::from_secs(4) && memory >= 10 * 60_000_000);
    }
}
