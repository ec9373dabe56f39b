//! Unwinding by Wasm's exception handling instructions, for targets on which panics unwind.
//!
//! Upstream's module for Wasm is the same for targets on which panics unwind only if `std` is rebuilt.

#![allow(nonstandard_style)]

// The tag that LLVM's landing pads catch. It is C++'s, and so is the layout of what it carries.
core::arch::global_asm!(
    ".globl __cpp_exception",
    ".tagtype __cpp_exception i32",
    "__cpp_exception:",
);

/// Throws `exception`. Does not return.
pub unsafe fn _Unwind_RaiseException(exception: *mut _Unwind_Exception) -> _Unwind_Reason_Code {
    // The `throw` instruction. Declared with Rust's ABI, though it is none of Rust's: a crate that calls
    // a function of another ABI that unwinds binds every program it is linked into to `-C panic=unwind`,
    // and this one is linked into all that use `std`.
    unsafe extern "Rust" {
        #[link_name = "llvm.wasm.throw"]
        fn wasm_throw(tag: i32, exception: *mut u8) -> !;
    }
    /// LLVM's number of the tag above.
    const CPP_EXCEPTION: i32 = 0;
    // SAFETY: the tag carries a pointer, and the caller gives up what it points to.
    unsafe { wasm_throw(CPP_EXCEPTION, exception.cast()) }
}

/// What `_Unwind_RaiseException` returns elsewhere when nothing catches. Here it only has its type.
#[repr(C)]
#[derive(Debug, Copy, Clone, PartialEq)]
pub enum _Unwind_Reason_Code {
    _URC_NO_REASON = 0,
    _URC_FOREIGN_EXCEPTION_CAUGHT = 1,
}
pub use _Unwind_Reason_Code::*;

pub type _Unwind_Exception_Class = u64;
pub type _Unwind_Word = *const u8;
pub type _Unwind_Exception_Cleanup_Fn =
    Option<extern "C" fn(unwind_code: _Unwind_Reason_Code, exception: *mut _Unwind_Exception)>;

/// Words that the unwinder keeps in an exception.
pub const unwinder_private_data_size: usize = 2;

#[repr(C)]
pub struct _Unwind_Exception {
    pub exception_class: _Unwind_Exception_Class,
    pub exception_cleanup: _Unwind_Exception_Cleanup_Fn,
    pub private: [_Unwind_Word; unwinder_private_data_size],
}

/// Destroys an exception that another language or another copy of `std` threw.
pub unsafe fn _Unwind_DeleteException(exception: *mut _Unwind_Exception) {
    // SAFETY: the caller owns the exception.
    if let Some(cleanup) = unsafe { (*exception).exception_cleanup } {
        cleanup(_URC_FOREIGN_EXCEPTION_CAUGHT, exception);
    }
}
