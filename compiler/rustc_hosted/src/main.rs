//! The compiler as a program in WebAssembly: `rustc.wasm`.
//!
//! There are neither threads nor dynamic libraries, and procedural macros are modules that run beside it. A session within another
//! has its own thread-local values by `std`: as in a macro, a thread runs where somebody waits for its end.
//!
//! **Invariant**: nothing in here knows a session.

#![feature(proc_macro_host)]
#![feature(rustc_private)]
#![feature(thread_local)]

use std::env;
use std::macro_host::{self, MacroHost};
use std::process::ExitCode;

/// What `std` asks: variables are what the host gives, and there are no programs.
static HOST: MacroHost = MacroHost {
    variable: |_| true,
    refuse: |_, _| (),
    failed: |why| eprintln!("error: {why}"),
    command: |_| None,
};

unsafe extern "C" {
    /// WASI's libc has the variable, and in some builds not the function that the crate `errno` calls.
    #[thread_local]
    static mut errno: i32;
}

/// Where the code of the last error is.
#[unsafe(no_mangle)]
extern "C" fn __errno_location() -> *mut i32 {
    &raw mut errno
}

fn main() -> ExitCode {
    macro_host::set(&HOST);
    // Nothing else says which of the directories that there are is the working directory. Without it that is the root.
    if let Some(directory) = env::var_os("PWD") {
        _ = env::set_current_dir(directory);
    }
    rustc_driver_impl::main()
}
