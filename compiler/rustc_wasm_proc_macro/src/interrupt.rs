//! Stops guests' code wherever it is, once its time is over.
//!
//! Code that looks at the time by itself, where functions begin and where they loop, executes a quarter more instructions. So on hosts
//! whose signals this file knows it looks only before instructions that take long by themselves (see `patches`), and the clock sends
//! a thread that is late a signal. If the guest's code runs there, then the signal's handler has it call a function that traps, so that
//! Wasmtime ends it as after any trap. If the compiler or Wasmtime runs there, nothing happens, and another signal follows. Host
//! functions look at the time by themselves.
//!
//! **Invariant**: only the bodies of the guest's functions are interrupted, whose state is the guest's alone and is thrown away. What
//! leads into them and out of them, and everything that is no WebAssembly, goes on.

use std::cell::Cell;
use std::ffi::c_void;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Acquire, Ordering::Release};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use wasmtime::{Engine, Module};

use crate::{deadline, engine};

/// No compiler has another use for it, and the system ignores it where nobody handles it.
const SIGNAL: libc::c_int = libc::SIGURG;

/// `(module (func unreachable))`.
const TRAPPING: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x05\x01\x03\0\0\x0b";

/// Cranelift's instruction for a trap, `ud2`.
const TRAP_INSTRUCTION: [u8; 2] = [0x0f, 0x0b];

/// The expansions that run. Those of one thread are within each other, the innermost last.
static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());

/// The modules whose code may be interrupted, a list that only grows: signals can come at any time.
static TARGETS: AtomicPtr<Target> = AtomicPtr::new(ptr::null_mut());

thread_local! {
    /// Whether the signal comes to this thread.
    static IS_LET_IN: Cell<bool> = const { Cell::new(false) };
}

struct Running {
    thread: libc::pthread_t,
    /// The first tick that is too late.
    tick: u64,
    module: Module,
}

fn running() -> MutexGuard<'static, Vec<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An expansion on this thread, as long as this lives.
#[derive(Debug)]
pub(crate) struct Entered(());

impl Entered {
    /// Has `module`'s code, which is about to run on this thread, interrupted from `tick` on.
    pub(crate) fn new(module: &Module, tick: u64) -> Entered {
        IS_LET_IN.with(|is_let_in| {
            if !is_let_in.replace(true) {
                let_in();
            }
        });
        // SAFETY: it is always possible.
        let thread = unsafe { libc::pthread_self() };
        running().push(Running { thread, tick, module: module.clone() });
        Entered(())
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // SAFETY: see above.
        let thread = unsafe { libc::pthread_self() };
        let mut running = running();
        if let Some(innermost) = running.iter().rposition(|entry| entry.thread == thread) {
            running.remove(innermost);
        }
    }
}

/// Interrupts what is late.
#[derive(Default)]
pub(crate) struct Interrupter {
    trap: Option<usize>,
}

impl Interrupter {
    /// Interrupts the code of expansions that must have ended at tick `now`, if it runs at this moment. Returns whether there are such
    /// expansions.
    pub(crate) fn interrupt(&mut self, now: u64) -> bool {
        let running = running();
        let mut is_any = false;
        for late in running.iter().filter(|entry| entry.tick <= now) {
            is_any = true;
            // Without memory for it there is another try soon.
            if self.aim(&late.module).is_some() {
                // SAFETY: the thread lives, since an `Entered` of it does, and waits for our lock before it drops that.
                _ = unsafe { libc::pthread_kill(late.thread, SIGNAL) };
            }
        }
        is_any
    }

    /// Has the signal's handler know `module`.
    fn aim(&mut self, module: &Module) -> Option<()> {
        let text = module.text().as_ptr().addr();
        if targets().any(|target| target.text == text) {
            return Some(());
        }
        let trap = match self.trap {
            Some(trap) => trap,
            None => *self.trap.insert(trap()?),
        };
        handle()?;
        let mut bodies: Vec<_> =
            module.functions().map(|function| text + function.offset..text + function.offset + function.len).collect();
        bodies.sort_unstable_by_key(|body| body.start);
        let next = TARGETS.load(Acquire);
        let target = Target { text, bodies, trap, next, _module: module.clone() };
        // It stays, and so does the code.
        TARGETS.store(Box::into_raw(Box::new(target)), Release);
        Some(())
    }
}

/// A module whose code may be interrupted.
struct Target {
    /// Where its code begins, which is where its functions' bodies are, in order.
    text: usize,
    bodies: Vec<Range<usize>>,
    /// An instruction that Wasmtime knows as a trap.
    trap: usize,
    next: *const Target,
    /// It keeps the code where it is.
    _module: Module,
}

impl Target {
    fn has(&self, address: usize) -> bool {
        let after = self.bodies.partition_point(|body| body.start <= address);
        after.checked_sub(1).is_some_and(|body| self.bodies[body].contains(&address))
    }
}

fn targets() -> impl Iterator<Item = &'static Target> {
    let reference = |target: *const Target| {
        // SAFETY: whatever `TARGETS` and `next` have ever pointed to stays as it is, or they are null.
        unsafe { target.as_ref() }
    };
    std::iter::successors(reference(TARGETS.load(Acquire)), move |target| reference(target.next))
}

/// Where Wasmtime expects a trap. `None` if there is no memory for it.
fn trap() -> Option<usize> {
    static MODULE: OnceLock<Module> = OnceLock::new();
    // On this thread alone, whatever the environment says of threads.
    let engine = Engine::new(engine::settings(true).ok()?.parallel_compilation(false)).ok()?;
    let module = Module::new(&engine, TRAPPING).ok()?;
    let module = MODULE.get_or_init(|| module);
    let body = module.functions().next()?;
    let code = module.text().get(body.offset..)?.get(..body.len)?;
    let offset = code.windows(TRAP_INSTRUCTION.len()).position(|window| window == TRAP_INSTRUCTION)?;
    Some(module.text().as_ptr().addr() + body.offset + offset)
}

/// Lets the signal come to this thread. Who started the compiler may have blocked it, which a process inherits.
fn let_in() {
    // SAFETY: zeros are a set of signals, and the system reads it in the time of the call.
    unsafe {
        let mut signals: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut signals);
        libc::sigaddset(&raw mut signals, SIGNAL);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const signals, ptr::null_mut());
    }
}

/// Has the process handle the signal.
fn handle() -> Option<()> {
    static IS_HANDLED: OnceLock<bool> = OnceLock::new();
    let install = || {
        // SAFETY: zeros are a set of signals without any, and no flags.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_signal as *const () as usize;
        // On the stack for signals, so that what is below the guest's stack pointer stays as it is. What the system does for the
        // compiler is begun again.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        // SAFETY: the handler keeps to what handlers may do.
        unsafe { libc::sigaction(SIGNAL, &raw const action, ptr::null_mut()) == 0 }
    };
    IS_HANDLED.get_or_init(install).then_some(())
}

/// Has a guest that is late call what traps. Handlers may neither allocate nor wait, and this one reads memory alone.
extern "C" fn on_signal(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the system gives that to handlers with `SA_SIGINFO`, for the time of the call.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let [pc, stack, frame] = [libc::REG_RIP, libc::REG_RSP, libc::REG_RBP].map(|register| register as usize);
    let at = registers[pc] as usize;
    let Some(target) = targets().find(|target| target.has(at)) else { return };
    // It may have been meant for an expansion that has just ended on this thread. While a guest's code runs, nothing of ours is half
    // done on its thread.
    if !deadline::is_late() {
        return;
    }
    // A function's frame, which is where backtraces begin: the caller's frame, and the address behind the instruction that called.
    let new = (registers[stack] - 16) & !15;
    // SAFETY: guests have a stack with room for much more than that (see `stack`), the code that may have used what is below its
    // stack pointer never goes on, and this handler has a stack of its own.
    unsafe { ptr::with_exposed_provenance_mut::<[i64; 2]>(new as usize).write([registers[frame], registers[pc] + 1]) };
    registers[stack] = new;
    registers[frame] = new;
    registers[pc] = target.trap as i64;
}
