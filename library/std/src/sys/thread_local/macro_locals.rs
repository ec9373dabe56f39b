//! Thread-local values of threads that run on the stack of another: see `sys::thread::macro_threads`.
//!
//! The first thread's values are statics, as on every target without threads. Each other thread has a table of its
//! own, in which the address of the static stands for the variable, so that no value moves while something refers to
//! it.

use crate::alloc::System;
use crate::cell::{Cell, RefCell};
use crate::macro_host::POINTER;
use crate::{mem, ptr};

/// A value that only one thread uses at a time.
pub(crate) struct Single<T>(pub(crate) T);

// SAFETY: the target has no threads. Those of a macro run on one stack.
unsafe impl<T> Sync for Single<T> {}

/// The current thread's table. Null for the first thread.
static CURRENT: Single<Cell<*const Table>> = Single(Cell::new(ptr::null()));

/// Whether the current thread is not the first.
#[inline]
pub fn nested() -> bool {
    !CURRENT.0.get().is_null()
}

struct Table {
    /// Sorted by the variables.
    slots: RefCell<Vec<(usize, Slot), System>>,
    /// The variables whose values have destructors, the newest last.
    destructors: RefCell<Vec<usize, System>>,
}

#[derive(Clone, Copy)]
struct Slot {
    /// Null once it is destroyed.
    value: *mut u8,
    destroy: unsafe fn(*mut u8),
}

/// # Safety
///
/// `value` is of [`value`]'s making, and nothing uses it any more.
unsafe fn destroy<T>(value: *mut u8) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw_in(value.cast::<T>(), System) });
}

fn current() -> &'static Table {
    // SAFETY: called where `nested`, and a thread uses no variable after it has left.
    unsafe { &*CURRENT.0.get() }
}

/// The current thread's value of the variable whose static is at `variable`, made if it is not there: of what was
/// given or by `init`. Null if the thread has destroyed it.
#[cold]
pub fn value<T>(
    variable: *const (),
    given: Option<&mut Option<T>>,
    init: impl FnOnce() -> T,
) -> *const T {
    let variable = variable.addr();
    if let Some(slot) = current().get(variable) {
        return slot.value.cast();
    }
    let value = given.and_then(Option::take).unwrap_or_else(init);
    let (value, _) = Box::into_raw_with_allocator(Box::new_in(value, System));
    let slot = Slot { value: value.cast(), destroy: destroy::<T> };
    // SAFETY: it has just been made so.
    unsafe { keep(variable, slot, mem::needs_drop::<T>()) };
    value
}

/// # Safety
///
/// The slot is one of [`value`]'s making.
unsafe fn keep(variable: usize, slot: Slot, has_destructor: bool) {
    if let Some(old) = current().set(variable, slot) {
        // SAFETY: `init` has made a value of the same variable, to which nobody may refer any more.
        unsafe { (old.destroy)(old.value) };
    } else if has_destructor {
        current().destructors.borrow_mut().push(variable);
    }
}

impl Table {
    #[inline(never)]
    fn get(&self, variable: usize) -> Option<Slot> {
        let slots = self.slots.borrow();
        let found = slots.binary_search_by_key(&variable, |slot| slot.0).ok()?;
        Some(slots[found].1)
    }

    fn set(&self, variable: usize, slot: Slot) -> Option<Slot> {
        let mut slots = self.slots.borrow_mut();
        match slots.binary_search_by_key(&variable, |slot| slot.0) {
            Ok(found) => Some(mem::replace(&mut slots[found].1, slot)),
            Err(place) => {
                slots.insert(place, (variable, slot));
                None
            }
        }
    }
}

/// What a thread has of its own.
pub(crate) struct Locals {
    table: *mut Table,
    before: *const Table,
    pointer_before: *const (),
}

/// A thread begins.
pub(crate) fn enter() -> Locals {
    let table = Table {
        slots: RefCell::new(Vec::new_in(System)),
        destructors: RefCell::new(Vec::new_in(System)),
    };
    let (table, _) = Box::into_raw_with_allocator(Box::new_in(table, System));
    let before = CURRENT.0.replace(table);
    Locals { table, before, pointer_before: POINTER.replace(ptr::null()) }
}

impl Locals {
    /// Runs the destructors, also of values that these use for the first time.
    pub(crate) fn destroy(&self) {
        super::abort_on_dtor_unwind(|| {
            while let Some(Slot { value, destroy }) = self.next() {
                // SAFETY: the thread has ended, and the variable is not to be had any more.
                unsafe { destroy(value) };
            }
        });
    }

    /// Takes the newest value that has a destructor.
    fn next(&self) -> Option<Slot> {
        let variable = current().destructors.borrow_mut().pop()?;
        let slot = current().get(variable)?;
        current().set(variable, Slot { value: ptr::null_mut(), ..slot })
    }

    /// The thread has ended. What has no destructor is freed.
    pub(crate) fn leave(self) {
        CURRENT.0.set(self.before);
        POINTER.set(self.pointer_before);
        // SAFETY: `enter` has made it, and nothing refers to it any more.
        let table = unsafe { Box::from_raw_in(self.table, System) };
        for (_, slot) in table.slots.borrow().iter().filter(|(_, slot)| !slot.value.is_null()) {
            // SAFETY: the thread has ended.
            unsafe { (slot.destroy)(slot.value) };
        }
    }
}
