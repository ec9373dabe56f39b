//! The library's allocator: the system's, which also counts what threads that compile have, and stops them.
//!
//! Nothing interrupts Wasmtime's compiler, whose time and memory grow with the square of what some modules have, and no list of such
//! modules would be complete. So a thread that is to go no further sleeps where it would allocate, which each of its loops does, and
//! whoever waited for it goes on without. It holds no lock of the allocator's then, and whatever else it holds is its own; see
//! `compile`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

/// A thread says what it has once that has changed by so many bytes.
const STEP: i64 = 256 << 10;

/// What all threads that compile, and those that were stopped, have, in bytes.
static USED: AtomicI64 = AtomicI64::new(0);

/// The threads of one compilation.
#[derive(Debug)]
pub(crate) struct Meter {
    /// The bytes that all threads of the process which compile may have while these do.
    limit: i64,
    stopped: AtomicBool,
    is_over: AtomicBool,
}

/// Why a thread's bytes are counted.
#[derive(Clone, Copy)]
enum Counted {
    /// They are not.
    No,
    Limited(&'static Meter),
    Measured,
}

thread_local! {
    static COUNTED: Cell<Counted> = const { Cell::new(Counted::No) };
    /// What this thread has allocated, less what it has freed, since it last said so.
    static SINCE: Cell<i64> = const { Cell::new(0) };
    /// The most that has been, where it is measured.
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

/// Does `work`, and returns how many bytes more this thread had at once than before. There is one allocator in a program, so
/// tests cannot count with their own.
#[doc(hidden)]
pub fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = (COUNTED.replace(Counted::Measured), SINCE.replace(0));
    PEAK.set(0);
    let result = work();
    COUNTED.set(before.0);
    SINCE.set(before.1);
    (result, usize::try_from(PEAK.get()).unwrap_or_default())
}

impl Meter {
    /// A meter for threads that may have `limit` bytes. Some of them may never end, so it stays.
    pub(crate) fn new(limit: i64) -> &'static Meter {
        Box::leak(Box::new(Meter { limit, stopped: AtomicBool::new(false), is_over: AtomicBool::new(false) }))
    }

    /// Counts what this thread allocates from now on.
    pub(crate) fn enter(&'static self) {
        COUNTED.set(Counted::Limited(self));
    }

    /// Stops its threads where they next allocate.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Whether they have stopped because there was no more memory.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Relaxed)
    }

    #[cold]
    fn sleep(&self) -> ! {
        loop {
            thread::sleep(Duration::MAX);
        }
    }

    fn count(&self, bytes: i64) {
        if self.stopped.load(Relaxed) {
            self.sleep();
        }
        let since = SINCE.get().saturating_add(bytes);
        if since.abs() < STEP {
            SINCE.set(since);
            return;
        }
        SINCE.set(0);
        if USED.fetch_add(since, Relaxed).saturating_add(since) > self.limit && bytes > 0 {
            // What it will not get.
            USED.fetch_sub(bytes, Relaxed);
            self.is_over.store(true, Relaxed);
            self.stop();
            self.sleep();
        }
    }
}

/// See the module.
struct Metered;

#[global_allocator]
static ALLOCATOR: Metered = Metered;

fn count(bytes: i64) {
    match COUNTED.get() {
        Counted::No => {}
        Counted::Limited(meter) => meter.count(bytes),
        Counted::Measured => {
            let since = SINCE.get().saturating_add(bytes);
            SINCE.set(since);
            PEAK.set(PEAK.get().max(since));
        }
    }
}

// SAFETY: all of it is the system's allocator. Before it is asked the thread may wait for ever, but it does not unwind; and
// neither a thread-local without a destructor nor an atomic allocates.
unsafe impl GlobalAlloc for Metered {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller keeps to the contract, which is the same. Below, too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: see above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: see above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        // SAFETY: see above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use super::peak_of;

    #[test]
    fn the_peak_is_what_there_was_at_once() {
        let block = |bytes| drop(std::hint::black_box(Vec::<u8>::with_capacity(bytes)));
        let (kept, bytes) = peak_of(|| {
            block(5000);
            block(7000);
            vec![0u8; 100]
        });
        assert_eq!((kept.len(), bytes), (100, 7000));
        block(100_000);
        assert_eq!(peak_of(|| drop(kept)).1, 0);
    }
}
