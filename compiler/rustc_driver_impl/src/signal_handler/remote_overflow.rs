//! Ends the compiler with an error where code that macros from elsewhere have made overflows its stack.
//!
//! How deep such a macro may nest groups is limited (`rustc_expand::remote_depth`). Operators, types and others
//! nest without groups, and only the compiler itself finds out how deep it recurses for them.
//! Natively a signal ends it then.

use rustc_interface::wasm_proc_macro::last_macro;

/// How far from the stack pointer an access lies that overflows the stack, in bytes. Greater
/// frames are probed page by page.
const REACH: usize = 64 << 10;

/// Says what has happened and ends the process, if the stack has overflowed and a macro from
/// elsewhere can be why. Else it does what is done natively.
///
/// # Safety
///
/// As for `print_stack_trace`, and the pointers are those that a handler with `SA_SIGINFO` has.
pub(super) unsafe extern "C" fn on_signal(
    signum: libc::c_int,
    info: *const libc::siginfo_t,
    context: *const libc::c_void,
) {
    // SAFETY: the caller's promise.
    if signum == libc::SIGSEGV
        && unsafe { distance(info, context) }.is_some_and(|distance| distance <= REACH)
        && let Some(name) = last_macro()
    {
        end(name);
    }
    // SAFETY: the caller's promise.
    unsafe { super::print_stack_trace(signum) }
}

fn end(name: &str) -> ! {
    for part in [
        "error: the compiler's stack overflowed\n\n\
         note: a procedural macro from WebAssembly can have returned what is nested too deep; \
         the last one that was run is ",
        name,
        "\nhelp: the environment variable `RUST_MIN_STACK` says how many bytes of stack there are; \
         without it there are 8388608\n\n",
    ] {
        // SAFETY: the pointer and the length are those of a text. A handler may write.
        _ = unsafe { libc::write(libc::STDERR_FILENO, part.as_ptr().cast(), part.len()) };
    }
    // SAFETY: a handler may end the process, and this runs nothing of what it has left to do.
    unsafe { libc::_exit(1) }
}

/// How many bytes lie between the address that was accessed and the stack pointer.
///
/// # Safety
///
/// The pointers are those that a handler of `SIGSEGV` with `SA_SIGINFO` has.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
unsafe fn distance(info: *const libc::siginfo_t, context: *const libc::c_void) -> Option<usize> {
    // SAFETY: the caller's promise; a `SIGSEGV` has an address.
    let (address, context) =
        unsafe { (info.as_ref()?.si_addr(), &*context.cast::<libc::ucontext_t>()) };
    let stack = context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize;
    Some(address.addr().abs_diff(stack))
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
unsafe fn distance(_: *const libc::siginfo_t, _: *const libc::c_void) -> Option<usize> {
    None
}
