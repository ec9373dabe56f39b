//! What Ctrl-C does while somebody is being asked.

use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of what Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// Whether somebody is being asked.
static ASKING: AtomicBool = AtomicBool::new(false);

/// What Ctrl-C does from when Cargo does what the user wants: it ends a question, and is else for Cargo and the program that it runs.
pub(crate) fn interrupted() {
    if ASKING.load(Ordering::Relaxed) {
        exit(INTERRUPTED);
    }
}

/// Calls `ask`, which Ctrl-C ends.
pub(crate) fn asking<T>(ask: impl FnOnce() -> T) -> T {
    ASKING.store(true, Ordering::Relaxed);
    let answer = ask();
    ASKING.store(false, Ordering::Relaxed);
    answer
}
