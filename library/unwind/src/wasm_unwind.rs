//! Unwinding by Wasm's exception handling instructions, for targets on which panics unwind.
//!
//! The throw is assembly behind a foreign function, as the unwinder is elsewhere: a `throw` in
//! Rust code would bind every crate that links `std` to `-C panic=unwind`.

#![allow(nonstandard_style)]

core::arch::global_asm!(
    // The tag that LLVM's landing pads catch. It is C++'s, and so is the layout of what it carries.
    ".globl __cpp_exception",
    ".tagtype __cpp_exception i32",
    "__cpp_exception:",
    ".section .text._Unwind_RaiseException,\"\",@",
    ".globl _Unwind_RaiseException",
    ".type _Unwind_RaiseException,@function",
    "_Unwind_RaiseException:",
    ".functype _Unwind_RaiseException (i32) -> (i32)",
    "local.get 0",
    "throw __cpp_exception",
    "end_function",
);

unsafe extern "C-unwind" {
    /// Throws `exception`. Does not return.
    pub fn _Unwind_RaiseException(exception: *mut _Unwind_Exception) -> _Unwind_Reason_Code;
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
