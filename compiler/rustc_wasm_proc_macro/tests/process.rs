//! What concerns the whole process: signals, and limits of address space. Each test runs in a process of its own.
#![cfg(unix)]

mod support;

use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use support::{ECHO, expand, guest, in_child, is_child, load, wat};

/// A time limit, because a process that hangs is what some of these tests are about.
const LIMIT: &str = "ulimit -t 20; ulimit -c 0;";

fn signal(output: &Output) -> Option<i32> {
    output.status.signal()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// rustc's handler (`rustc_driver_impl/src/signal_handler.rs`) with our change to it: where upstream trusts
/// `SA_RESETHAND`, it resets the signal itself. Wasmtime's handler stands before it and calls it as a function, so the
/// kernel resets nothing.
fn install_the_compilers_handler() {
    extern "C" fn handler(signal: libc::c_int) {
        let message = b"error: rustc interrupted\n";
        // SAFETY: `write` and `signal` are async-signal-safe, and the pointer and the length belong together.
        unsafe {
            libc::write(2, message.as_ptr().cast(), message.len());
            libc::signal(signal, libc::SIG_DFL);
        }
    }
    for signal in [libc::SIGILL, libc::SIGBUS, libc::SIGSEGV] {
        // SAFETY: the handler does only what a handler may; an all-zero `sigaction` is a valid one.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as extern "C" fn(libc::c_int) as libc::sighandler_t;
            action.sa_flags = libc::SA_NODEFER | libc::SA_RESETHAND | libc::SA_ONSTACK;
            libc::sigemptyset(&mut action.sa_mask);
            assert_eq!(libc::sigaction(signal, &action, std::ptr::null_mut()), 0);
        }
    }
}

/// The handler is installed first, as in rustc, and then the engine runs, with a trap that comes by a signal.
fn make_an_engine_live() {
    install_the_compilers_handler();
    assert_eq!(expand(&guest(ECHO), b"x").unwrap(), b"x");
    expand(&guest("(i32.load (i32.const -4)) unreachable"), b"").unwrap_err();
}

#[test]
fn a_fault_of_the_compiler_ends_the_process() {
    // Upstream's handler returns, and with Wasmtime's before it the fault would happen again for ever.
    let output = in_child(LIMIT, "faulting_child");
    assert_eq!(signal(&output), Some(libc::SIGSEGV), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("rustc interrupted").count(), 1, "{}", stderr(&output));
}

#[test]
#[ignore = "run by a_fault_of_the_compiler_ends_the_process"]
fn faulting_child() {
    if is_child() {
        make_an_engine_live();
        // SAFETY: none; this is the fault.
        unsafe { std::hint::black_box(std::ptr::without_provenance::<u8>(16)).read_volatile() };
    }
}

#[test]
fn a_fault_of_the_compiler_within_a_request_ends_the_process() {
    // Then Wasmtime knows of a running guest and must see that the fault is not the guest's.
    let output = in_child(LIMIT, "faulting_request_child");
    assert_eq!(signal(&output), Some(libc::SIGSEGV), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("rustc interrupted").count(), 1, "{}", stderr(&output));
}

#[test]
#[ignore = "run by a_fault_of_the_compiler_within_a_request_ends_the_process"]
fn faulting_request_child() {
    if is_child() {
        make_an_engine_live();
        let module = guest("(drop (call $dispatch (i32.const 8) (i32.const 0) (i32.const 0))) (i64.const 0)");
        let _ = support::expand_with(&module, b"", |_| {
            // SAFETY: none; this is the fault.
            unsafe { std::hint::black_box(std::ptr::without_provenance::<u8>(16)).read_volatile() };
            Vec::new()
        });
    }
}

#[test]
fn a_stack_overflow_of_the_compiler_ends_the_process() {
    // The handler runs on the alternate stack that Wasmtime may have replaced.
    let output = in_child(LIMIT, "overflowing_child");
    assert_eq!(signal(&output), Some(libc::SIGSEGV), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("rustc interrupted").count(), 1, "{}", stderr(&output));
}

#[test]
#[ignore = "run by a_stack_overflow_of_the_compiler_ends_the_process"]
fn overflowing_child() {
    #[allow(unconditional_recursion, reason = "that is the point")]
    fn recurse(depth: &mut [u8; 1000]) -> u8 {
        let mut next = std::hint::black_box(*depth);
        next[0] = next[0].wrapping_add(1);
        recurse(&mut next) + next[999]
    }
    if is_child() {
        make_an_engine_live();
        std::hint::black_box(recurse(&mut [0; 1000]));
    }
}

#[test]
fn modules_run_where_address_space_is_limited() {
    // Build farms set `ulimit -v`, and 4 GiB of reservation for each memory do not fit.
    for gigabytes in [1, 6, 10] {
        let output = in_child(&format!("ulimit -v {};", gigabytes << 20), "limited_child");
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }
}

#[test]
#[ignore = "run by modules_run_where_address_space_is_limited"]
fn limited_child() {
    if !is_child() {
        return;
    }
    // A memory that grows is moved there, and its bounds are still its bounds. Several modules are in use at a time.
    let run = "(drop (memory.grow (i32.const 2000)))
        (i32.store (i32.const 100000000) (i32.const 7))
        (if (local.get $len) (then (drop (i32.load (i32.const 2000000000)))))
        (call $output (i32.const 100000000) (i32.const 1))";
    let modules = [0; 4].map(|_| guest(run));
    for module in &modules {
        assert_eq!(expand(module, b"").unwrap(), [7]);
        let fault = expand(module, b"trap").unwrap_err();
        assert!(fault.to_string().ends_with("memory access out of bounds"), "{fault}");
        // The instance that is left idle now keeps its reservation.
        assert_eq!(expand(module, b"").unwrap(), [7]);
    }
    // Recursion and exceptions need address space too.
    let rest = "(tag $tag) (func $f (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))";
    let fault = expand(&load(&wat("", rest, "(drop (call $f (i32.const 0))) unreachable")), b"").unwrap_err();
    assert_eq!(fault.to_string(), "the macro overflowed its stack");
    let fault = expand(&load(&wat("", rest, "(throw $tag)")), b"").unwrap_err();
    assert!(fault.to_string().ends_with("an exception that nothing caught"), "{fault}");
}

#[test]
fn a_compilation_has_no_more_threads_than_processors() {
    // rayon would make as many as the environment says, and what does not fit into the process is waited for.
    let output = in_child("RAYON_NUM_THREADS=100000; export RAYON_NUM_THREADS; ulimit -t 20;", "compiling_child");
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
}

#[test]
fn a_compilation_needs_no_more_than_one_thread() {
    // Where no thread is to be had rustc itself ends. Here there is no room for the stacks of a second one.
    let output = in_child("ulimit -v 1000000;", "compiling_child");
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
}

#[test]
#[ignore = "run by the two above"]
fn compiling_child() {
    if !is_child() {
        return;
    }
    let functions: String = (0..500).map(|n| format!("(func (result i32) (i32.const {n}))")).collect();
    assert_eq!(expand(&load(&wat("", &functions, ECHO)), b"x").unwrap(), b"x");
}
