//! When an expansion must have ended, in ticks of the clock.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::fault::{FaultKind, Stop};

/// How long a tick is. A limit is kept to one or two of them.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// The ticks so far.
static TICKS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The end of the expansion that runs on this thread, and so of those within it.
    static ENCLOSING: Cell<Option<Deadline>> = const { Cell::new(None) };
}

/// Counts one tick more, and returns how many there are.
pub(crate) fn advance() -> u64 {
    TICKS.fetch_add(1, Relaxed) + 1
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
    /// The first tick that is too late.
    pub(crate) fn tick(self) -> u64 {
        self.tick
    }

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

/// The time of an expansion on this thread, as long as this lives.
#[derive(Debug)]
pub(crate) struct Limited {
    pub(crate) deadline: Deadline,
    before: Option<Deadline>,
}

impl Limited {
    /// It may take `limit`, and no longer than an expansion around it.
    pub(crate) fn from_now(limit: Duration) -> Limited {
        // The tick that is running counts for nothing.
        let ticks = u64::try_from(limit.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u64::MAX).saturating_add(1);
        let own = Deadline { tick: TICKS.load(Relaxed).saturating_add(ticks), limit, is_enclosing: false };
        let before = ENCLOSING.get();
        let deadline = match before {
            Some(before) if before.tick < own.tick => Deadline { is_enclosing: true, ..before },
            _ => own,
        };
        ENCLOSING.set(Some(deadline));
        Limited { deadline, before }
    }
}

impl Drop for Limited {
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
