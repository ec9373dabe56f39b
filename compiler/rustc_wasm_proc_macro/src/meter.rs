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

thread_local! {
    static METER: Cell<Option<&'static Meter>> = const { Cell::new(None) };
    /// What this thread has allocated, less what it has freed, since it last said so.
    static SINCE: Cell<i64> = const { Cell::new(0) };
}

impl Meter {
    /// A meter for threads that may have `limit` bytes. Some of them may never end, so it stays.
    pub(crate) fn new(limit: i64) -> &'static Meter {
        Box::leak(Box::new(Meter { limit, stopped: AtomicBool::new(false), is_over: AtomicBool::new(false) }))
    }

    /// Counts what this thread allocates from now on.
    pub(crate) fn enter(&'static self) {
        METER.set(Some(self));
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
    if let Some(meter) = METER.get() {
        meter.count(bytes);
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
