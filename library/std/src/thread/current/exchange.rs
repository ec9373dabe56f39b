//! The current thread's handle, for threads that run on one stack: see `sys::thread::macro_threads`.

use super::{CURRENT, NONE, id};
use crate::thread::{Thread, ThreadId};

/// What a thread leaves while another runs on its stack.
pub(crate) struct Suspended {
    handle: *mut (),
    id: ThreadId,
}

/// A thread begins that has this handle. It sets it by itself.
pub(crate) fn enter(thread: &Thread) -> Suspended {
    let suspended = Suspended { handle: CURRENT.get(), id: id::get_or_init() };
    CURRENT.set(NONE);
    id::set(thread.id());
    suspended
}

/// It has ended, and has given its handle back.
pub(crate) fn leave(suspended: Suspended) {
    CURRENT.set(suspended.handle);
    id::set(suspended.id);
}
