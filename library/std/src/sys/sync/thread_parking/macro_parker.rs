//! Parking in a procedural macro: another thread runs meanwhile. See `sys::thread::macro_threads`.

use crate::cell::Cell;
use crate::macro_host;
use crate::pin::Pin;
use crate::sys::thread::give_way_to_unpark;
use crate::thread::sleep;
use crate::time::Duration;

/// What a thread parks on.
pub struct Parker {
    unparked: Cell<bool>,
}

// SAFETY: the target has no threads.
unsafe impl Sync for Parker {}

impl Parker {
    /// # Safety
    ///
    /// The place may be written to.
    pub unsafe fn new_in_place(parker: *mut Parker) {
        // SAFETY: the caller's promise.
        unsafe { parker.write(Parker { unparked: Cell::new(false) }) };
    }

    /// Outside of a macro it returns at once, as on every target without threads.
    ///
    /// # Safety
    ///
    /// Called by the thread that the parker belongs to.
    pub unsafe fn park(self: Pin<&Self>) {
        if macro_host::get().is_some() && !self.unparked.take() {
            give_way_to_unpark(true);
            self.unparked.set(false);
        }
    }

    /// # Safety
    ///
    /// As [`park`](Self::park).
    pub unsafe fn park_timeout(self: Pin<&Self>, duration: Duration) {
        if macro_host::get().is_some() && !self.unparked.take() {
            if !give_way_to_unpark(false) {
                sleep(duration);
            }
            self.unparked.set(false);
        }
    }

    /// Ends the wait, or the next one.
    pub fn unpark(self: Pin<&Self>) {
        self.unparked.set(true);
    }
}
