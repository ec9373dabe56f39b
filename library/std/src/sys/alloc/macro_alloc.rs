//! The allocator of macros: `malloc` of WASI's libc, and in front of it the small blocks that were freed, by their size.
//!
//! A macro allocates and frees thousands of small blocks for one derive, of few sizes. A block that is taken from the
//! list of its size takes a tenth of the instructions that `malloc` and `free` need to find and join places. Blocks on a
//! list stay there until the instance ends.

use super::{MIN_ALIGN, realloc_fallback};
use crate::alloc::{GlobalAlloc, Layout, System};
use crate::cell::Cell;
use crate::macro_host;
use crate::ptr;
use crate::sys::thread_local::macro_locals::Single;

/// How many sizes are small.
const SIZES: usize = 32;

/// The most bytes that a small block has room for.
const LIMIT: usize = room(SIZES);

/// A small block that is free.
struct Free {
    next: *mut Free,
}

/// The first free block of each size.
static FREE: Single<[Cell<*mut Free>; SIZES + 1]> =
    Single([const { Cell::new(ptr::null_mut()) }; SIZES + 1]);

/// The number of the smallest size that has room for that many bytes.
const fn size_of_block(bytes: usize) -> usize {
    (bytes + 19) / 16
}

/// The bytes that a block of that size has room for: `malloc` hands out multiples of 16 bytes and keeps 4 of them.
const fn room(size: usize) -> usize {
    16 * size - 4
}

#[inline]
fn is_small(layout: &Layout) -> bool {
    layout.align() <= MIN_ALIGN && layout.size() <= LIMIT
}

// SAFETY: every block has room for its layout and its alignment, small ones for all layouts of their size; a block is on a
// list from the time when it is freed until it is handed out. There is one thread.
#[stable(feature = "alloc_system_type", since = "1.28.0")]
unsafe impl GlobalAlloc for System {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_small(&layout) {
            let size = size_of_block(layout.size());
            let block = FREE.0[size].get();
            if block.is_null() {
                // SAFETY: the size is not 0.
                return unsafe { libc::malloc(room(size)) }.cast();
            }
            // SAFETY: a block on a list is ours, and `dealloc` has written to it.
            FREE.0[size].set(unsafe { (*block).next });
            block.cast()
        } else if layout.align() <= MIN_ALIGN {
            // SAFETY: the size is not 0.
            unsafe { libc::malloc(layout.size()) }.cast()
        } else {
            let mut block = ptr::null_mut();
            // SAFETY: the alignment is a power of two and more than that of a pointer.
            let failed = unsafe { libc::posix_memalign(&mut block, layout.align(), layout.size()) } != 0;
            if failed { ptr::null_mut() } else { block.cast() }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !is_small(&layout) && layout.align() <= MIN_ALIGN {
            // SAFETY: the size is not 0.
            return unsafe { libc::calloc(layout.size(), 1) }.cast();
        }
        // SAFETY: the caller's promise.
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            // SAFETY: it has room for so many.
            unsafe { ptr::write_bytes(block, 0, layout.size()) };
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // In a program that is no macro, what is free is free for C, too.
        if is_small(&layout) && macro_host::get().is_some() {
            let list = &FREE.0[size_of_block(layout.size())];
            let block = block.cast::<Free>();
            // SAFETY: it has room for a pointer, is aligned for one, and nobody uses it any more.
            unsafe { block.write(Free { next: list.get() }) };
            list.set(block);
        } else {
            // SAFETY: `malloc` and its kin have made it.
            unsafe { libc::free(block.cast()) }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let is_large = new_size > LIMIT;
        if is_small(&layout) && !is_large && size_of_block(layout.size()) == size_of_block(new_size) {
            return block;
        }
        if is_large && layout.size() > LIMIT && layout.align() <= MIN_ALIGN {
            // SAFETY: `malloc` and its kin have made it.
            return unsafe { libc::realloc(block.cast(), new_size) }.cast();
        }
        // SAFETY: the caller's promise.
        unsafe { realloc_fallback(self, block, layout, new_size) }
    }
}
