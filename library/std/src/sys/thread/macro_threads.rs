//! Threads of a procedural macro: each runs to its end, on the stack of whoever waits for it.
//!
//! A module has one stack and no shared memory, so a thread cannot go on while another does. But a thread that has
//! not run yet cannot be told from one that is slow to start, until somebody waits for it. So a thread that is
//! spawned is put aside, and runs when another would wait: for its end (`join`, a scope), for a condition variable, a
//! lock, a channel or to be unparked, or as it polls (see [`polled`]). That serves what macros use threads for: a
//! larger stack, work in parallel that is joined, producers and consumers with unbounded channels, workers that end
//! when their channel is closed. Running it inside of `spawn` would fail wherever the parent goes on to send what the
//! thread waits for, and would not come back from a thread that runs until it is told to stop.
//!
//! A wait is refused if no thread is left that could run, since whatever could end it lies below on the same stack: a
//! pool whose workers outlive their work, a bounded channel with fewer places than messages, two threads that take
//! turns. The instance ends there, since a panic would run destructors of what others still refer to.
//!
//! A thread that nobody waits for stays put aside, like one that is never scheduled.
//!
//! rayon's threads are such a pool, but where there are no threads rayon works on the thread that asks; it knows by
//! the error `Unsupported`. So its threads, known by the name of their closure, get that error, and nothing is
//! refused.
//!
//! In a program that is no macro `spawn` fails, and all else is as on a target without threads.

use super::unix;
use crate::cell::{Cell, RefCell};
use crate::collections::VecDeque;
use crate::macro_host::{self, Refusal};
use crate::num::NonZero;
use crate::sync::Arc;
use crate::sys::sync::Mutex;
use crate::sys::thread_local::macro_locals::{self, Single};
use crate::thread::{ThreadInit, exchange};
use crate::time::{Duration, Instant};
use crate::{io, rt};

/// What is said to a thread that asks; the stack is always the macro's.
pub const DEFAULT_MIN_STACK_SIZE: usize = 64 * 1024;

/// A spawned thread, for its `JoinHandle`.
pub struct Thread(Arc<Task>);

// SAFETY: the target has no threads, so all of it is used on one stack.
unsafe impl Send for Thread {}
// SAFETY: as above.
unsafe impl Sync for Thread {}

struct Task {
    state: Cell<State>,
    /// There while it waits.
    init: Cell<Option<Box<ThreadInit>>>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Waiting,
    Running,
    Ended,
}

/// The threads that have been put aside, and some that have run since.
static ASIDE: Single<RefCell<VecDeque<Arc<Task>>>> = Single(RefCell::new(VecDeque::new()));

/// Whether there has ever been another thread.
static STARTED: Single<Cell<bool>> = Single(Cell::new(false));

/// How often [`polled`] was called since a thread was put aside or ran.
static POLLS: Single<Cell<u32>> = Single(Cell::new(0));

/// So often a thread may sleep or yield before another runs.
const PATIENCE: u32 = 4;

/// Called for every thread before it is made, with its closure's name. Returns the stack's size, for which
/// `RUST_MIN_STACK` is not asked: a question would be tracked.
///
/// # Errors
///
/// If the thread is one of rayon's.
pub fn before_spawn(closure: &str, stack_size: Option<usize>) -> io::Result<Option<usize>> {
    if macro_host::get().is_none() {
        return Ok(stack_size);
    }
    if closure.contains("rayon_core::") {
        return Err(io::const_error!(
            io::ErrorKind::Unsupported,
            "a macro has no threads that wait for work"
        ));
    }
    Ok(Some(stack_size.unwrap_or(DEFAULT_MIN_STACK_SIZE)))
}

impl Thread {
    /// Puts a thread aside.
    ///
    /// # Safety
    ///
    /// As `thread::Builder::spawn_unchecked`.
    pub unsafe fn new(_stack: usize, init: Box<ThreadInit>) -> io::Result<Thread> {
        if macro_host::get().is_none() {
            return Err(io::Error::UNSUPPORTED_PLATFORM);
        }
        let task = Arc::new(Task { state: Cell::new(State::Waiting), init: Cell::new(Some(init)) });
        STARTED.0.set(true);
        POLLS.0.set(0);
        let mut aside = ASIDE.0.borrow_mut();
        while aside.pop_front_if(|first| first.state.get() != State::Waiting).is_some() {}
        aside.push_back(Arc::clone(&task));
        Ok(Thread(task))
    }

    /// Waits for the thread's end.
    pub fn join(self) {
        run(&self.0);
        if self.0.state.get() != State::Ended {
            refuse("a thread waits for the end of one that waits for it");
        }
    }
}

/// Runs a thread to its end, if it waits.
fn run(task: &Task) {
    let Some(init) = task.init.take() else { return };
    task.state.set(State::Running);
    POLLS.0.set(0);
    let suspended = exchange::enter(&init.handle);
    let locals = macro_locals::enter();
    // It catches its panics.
    init.init()();
    locals.destroy();
    rt::thread_cleanup();
    locals.leave();
    exchange::leave(suspended);
    task.state.set(State::Ended);
}

/// Runs the thread that has been put aside for longest. `false`: there is none.
fn run_next() -> bool {
    loop {
        let Some(task) = ASIDE.0.borrow_mut().pop_front() else { return false };
        if task.state.get() == State::Waiting {
            run(&task);
            return true;
        }
    }
}

/// Ends the instance, in a macro.
#[cold]
fn refuse(what: &str) {
    if let Some(host) = macro_host::get() {
        (host.refuse)(Refusal::Thread, what);
        (host.failed)(&format!(
            "{what}, and none is left that could run: a macro's threads run one after another"
        ));
        crate::process::abort()
    }
}

/// Lets others run until `ready`. `false`: this is no macro.
pub fn wait_for(ready: &mut dyn FnMut() -> bool, what: &str) -> bool {
    if macro_host::get().is_none() {
        return false;
    }
    while !ready() {
        if !run_next() {
            refuse(what);
        }
    }
    true
}

/// Lets others run until a lock is free. A macro without threads gets what it gets elsewhere: it took the lock twice.
#[inline]
pub fn wait_for_lock(mut free: impl FnMut() -> bool) {
    if !free() && STARTED.0.get() {
        wait_for(&mut free, "a thread waits for a lock");
    }
}

/// Lets another run while the mutex is unlocked, for a condition variable. `false`: this is no macro, or there is
/// none and the wait has an end.
pub fn give_way(mutex: &Mutex, forever: bool) -> bool {
    if macro_host::get().is_none() {
        return false;
    }
    // SAFETY: who waits holds the lock.
    unsafe { mutex.unlock() };
    let ran = run_next();
    if !ran && forever {
        refuse("a thread waits for a condition variable");
    }
    mutex.lock();
    ran
}

/// Lets another run, for a thread that parks. `false`: there is none and the wait has an end.
pub fn give_way_to_unpark(forever: bool) -> bool {
    let ran = run_next();
    if !ran && forever {
        refuse("a thread waits for a channel, or to be unparked");
    }
    ran
}

/// A thread sleeps, yields or asks whether another has ended. If it does so again and again it waits for another;
/// once may be for a thread that runs until it is told to stop, which then must not run yet.
pub fn polled() {
    if !STARTED.0.get() {
        return;
    }
    POLLS.0.set(POLLS.0.get() + 1);
    if POLLS.0.get() > PATIENCE {
        POLLS.0.set(0);
        run_next();
    }
}

pub fn yield_now() {
    polled();
    unix::yield_now();
}

pub fn sleep(duration: Duration) {
    polled();
    unix::sleep(duration);
}

pub fn sleep_until(deadline: Instant) {
    polled();
    unix::sleep_until(deadline);
}

pub fn available_parallelism() -> io::Result<NonZero<usize>> {
    if macro_host::get().is_some() {
        Ok(NonZero::<usize>::MIN)
    } else {
        unix::available_parallelism()
    }
}
