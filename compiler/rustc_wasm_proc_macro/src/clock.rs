//! How long an expansion may take.
//!
//! A thread counts ticks while it lives, and with them Wasmtime's epochs, which the guests' code looks at by itself where it takes long; elsewhere
//! that thread interrupts it. Host functions look at the ticks. Time is counted in ticks rather than read from the system's clock, so a
//! process that was stopped for a while goes on where it was.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::{Engine, Module};

use crate::fault::{FaultKind, Stop};
use crate::interrupt::{Entered, Interrupter};

/// How long a tick is. A limit is kept to one or two of them.
const TICK: Duration = Duration::from_millis(20);

/// How long the thread that counts waits until it interrupts a guest again, which can be in a host function whenever it looks.
const AGAIN: Duration = Duration::from_millis(1);

/// Bytes of stack of the thread that counts. It compiles a tiny module before it interrupts anything.
const STACK: usize = 1 << 20;

/// The ticks so far.
static TICKS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The end of the expansion that runs on this thread, and so of those within it.
    static ENCLOSING: Cell<Option<Deadline>> = const { Cell::new(None) };
}

/// When an expansion must have ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    /// The first tick that is too late.
    tick: u64,
    /// What it was given.
    limit: Duration,
    /// Whether the limit is that of an expansion around it.
    is_enclosing: bool,
}

impl Deadline {
    /// How many ticks are left.
    pub(crate) fn ticks_left(self) -> u64 {
        self.tick.saturating_sub(TICKS.load(Relaxed))
    }

    /// Ends an expansion that has taken too long.
    ///
    /// # Errors
    ///
    /// It has.
    pub(crate) fn check(self) -> Result<(), Stop> {
        if TICKS.load(Relaxed) < self.tick { Ok(()) } else { Err(self.stop()) }
    }

    /// That it has taken too long.
    pub(crate) fn stop(self) -> Stop {
        Stop(FaultKind::Timeout { limit: self.limit, of_enclosing: self.is_enclosing })
    }

    /// Waits for that long.
    ///
    /// # Errors
    ///
    /// The expansion has taken too long before the end.
    pub(crate) fn sleep(self, time: Duration) -> Result<(), Stop> {
        let start = Instant::now();
        loop {
            self.check()?;
            let left = time.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(TICK));
        }
    }
}

/// An expansion's time, which runs as long as this lives.
#[derive(Debug)]
pub(crate) struct Running {
    deadline: Deadline,
    before: Option<Deadline>,
    _entered: Entered,
}

impl Running {
    /// Begins an expansion by `module` on this thread that may take `limit`, and no longer than one around it.
    ///
    /// # Errors
    ///
    /// Why there is no thread that counts. Without it there would be no limit.
    pub(crate) fn begin(module: &Module, limit: Duration) -> Result<Running, FaultKind> {
        count(module.engine()).map_err(FaultKind::Start)?;
        // The tick that is running counts for nothing.
        let ticks = u64::try_from(limit.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u64::MAX).saturating_add(1);
        let own = Deadline { tick: TICKS.load(Relaxed).saturating_add(ticks), limit, is_enclosing: false };
        let before = ENCLOSING.get();
        let deadline = match before {
            Some(before) if before.tick < own.tick => Deadline { is_enclosing: true, ..before },
            _ => own,
        };
        ENCLOSING.set(Some(deadline));
        Ok(Running { deadline, before, _entered: Entered::new(module, deadline.tick) })
    }

    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        ENCLOSING.set(self.before);
    }
}

/// Whether the expansion that runs on this thread has taken too long.
#[cfg_attr(
    not(all(target_os = "linux", target_arch = "x86_64")),
    expect(dead_code, reason = "nothing is interrupted there")
)]
pub(crate) fn is_late() -> bool {
    ENCLOSING.get().is_some_and(|deadline| deadline.ticks_left() == 0)
}

/// Has a thread count from now on.
fn count(engine: &Engine) -> Result<(), String> {
    static COUNTING: OnceLock<Result<(), String>> = OnceLock::new();
    let start = || {
        let engine = engine.clone();
        let count = move || {
            let mut interrupter = Interrupter::default();
            let mut waited = Duration::ZERO;
            let mut now = 0;
            loop {
                let is_late = interrupter.interrupt(now);
                let pause = if is_late { AGAIN } else { TICK - waited };
                thread::sleep(pause);
                waited += pause;
                if waited >= TICK {
                    waited = Duration::ZERO;
                    // The guest's code is to stop no sooner than host functions would say.
                    now = TICKS.fetch_add(1, Relaxed) + 1;
                    engine.increment_epoch();
                }
            }
        };
        let thread = thread::Builder::new().name("wasm-proc-macro-clock".to_owned()).stack_size(STACK).spawn(count);
        thread.map(drop).map_err(|error| format!("there is no thread to watch its time: {error}"))
    };
    COUNTING.get_or_init(start).clone()
}
