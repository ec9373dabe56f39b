//! The border between the compiler and the dynamic library, crossed in both directions.

mod support;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustc_wasm_proc_macro::{Activity, Dispatch, Events, rustc_wasm_proc_macro_runtime};
use rustc_wasm_proc_macro_api::policy::{Grants, Policy, Wanted};
use rustc_wasm_proc_macro_api::{CallError, EXPANSION_STACK, LoadedModule, Module, Runtime, table};
use stubgen::module::{Digest, Interface, Runnable};
use support::{ECHO, grants, server, wat};

/// The module of `wat`, which has two macros.
fn runnable(bytes: &[u8]) -> Runnable {
    Runnable { digest: Digest::of(bytes), interface: Interface::Bridge(2) }
}

fn module<'a>(bytes: &'a [u8], runnable: &'a Runnable, grants: &'a Grants) -> Module<'a> {
    Module { bytes, runnable, cache: None, only_cached: false, needs_standard_output: false, grants }
}

fn load_with(run: &str, events: &dyn Events) -> Result<LoadedModule, String> {
    let bytes = wat::parse_str(wat("", "", run)).unwrap();
    let runtime = Runtime::new(rustc_wasm_proc_macro_runtime()).unwrap();
    runtime.load(&module(&bytes, &runnable(&bytes), &grants()), events)
}

fn load(run: &str) -> LoadedModule {
    load_with(run, &()).unwrap()
}

fn expand(module: LoadedModule, input: &[u8], dispatch: &mut (dyn Dispatch + Send)) -> Result<Vec<u8>, CallError> {
    // The threads of tests have less stack than an expansion needs.
    std::thread::scope(|scope| {
        let run = || catch_unwind(AssertUnwindSafe(|| module.expand(0, input, false, dispatch, &())));
        let thread = std::thread::Builder::new().stack_size(2 * EXPANSION_STACK).spawn_scoped(scope, run).unwrap();
        thread.join().unwrap().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Sends its input as a request and returns the reply.
const ASK: &str = "
    (local $n i32)
    (call $take (i32.const 1024))
    (local.set $n (call $dispatch (i32.const 1024) (local.get $len) (i32.const 4096)))
    (call $output (i32.const 1024) (local.get $n))";

#[test]
fn inputs_requests_and_outputs_cross() {
    // The same bytes as without the border, and none at all.
    let echo = load(ECHO);
    for input in [&b""[..], b"x", &[7; 60_000]] {
        assert_eq!(expand(echo, input, &mut server(|_| unreachable!())).unwrap(), input);
    }
    let output = expand(load(ASK), b"request", &mut server(|request| [request, b", reply"].concat()));
    assert_eq!(output.unwrap(), b"request, reply");
}

#[test]
fn a_module_is_loaded_from_the_cache_or_not_at_all() {
    // So a compiler may ask ahead: what is not there takes a second, and may never be needed.
    let dir = tempfile::tempdir().unwrap();
    let bytes = wat::parse_str(wat("", "", ECHO)).unwrap();
    let runtime = Runtime::new(rustc_wasm_proc_macro_runtime()).unwrap();
    runtime.prepare();
    let load = |cache, only_cached| {
        runtime.load(&Module { cache, only_cached, ..module(&bytes, &runnable(&bytes), &grants()) }, &())
    };
    let cache = Some(dir.path());
    for cache in [cache, None] {
        assert_eq!(load(cache, true).unwrap_err(), "the compiled module is not in the cache");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "something was made");

    load(cache, false).unwrap();
    let module = load(cache, true).unwrap();
    assert_eq!(expand(module, b"works", &mut server(|_| unreachable!())).unwrap(), b"works");
}

#[test]
fn what_a_guest_has_and_asks_for_crosses() {
    // The grants are the compiler's, and so is the answer to each question. Another place means another instance.
    let imports = r#"(import "rustc_proc_macro" "variable" (func $variable (param i32 i32) (result i32)))
        (import "rustc_proc_macro" "refuse" (func $refuse (param i32 i32 i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))"#;
    let rest = r#"(data (i32.const 512) "HOMEgit") (global $n (mut i32) (i32.const 0))"#;
    let run = "(call $refuse (i32.const 0) (i32.const 516) (i32.const 3))
        (drop (call $sizes (i32.const 1024) (i32.const 1032)))
        (i32.store (i32.const 1028) (call $variable (i32.const 512) (i32.const 4)))
        (global.set $n (i32.add (global.get $n) (i32.const 1))) (i32.store (i32.const 1032) (global.get $n))
        (call $output (i32.const 1024) (i32.const 12))";
    let bytes = wat::parse_str(wat(imports, rest, run)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("policy.toml");
    std::fs::write(&policy, "[permissions.guest]\nenv = ['*']\n").unwrap();
    let grants = Policy::read(&policy).unwrap().grants(&[0; 32], "guest", "0.1.0");
    let runtime = Runtime::new(rustc_wasm_proc_macro_runtime()).unwrap();
    let module = runtime.load(&module(&bytes, &runnable(&bytes), &grants), &()).unwrap();

    #[derive(Default)]
    struct Hearing {
        said: Vec<String>,
        place: u64,
    }
    impl Dispatch for Hearing {
        fn dispatch(&mut self, _: &[u8]) -> Result<&[u8], String> {
            Err("no request".to_owned())
        }
        fn refused(&mut self, wanted: Wanted) {
            self.said.push(wanted.to_string());
        }
        fn variable(&mut self, name: &str) -> bool {
            self.said.push(name.to_owned());
            false
        }
        fn place(&self) -> u64 {
            self.place
        }
    }
    let mut hearing = Hearing::default();
    for (place, times) in [(0, 1), (0, 2), (1, 1)] {
        hearing.place = place;
        let output = expand(module, b"", &mut hearing).unwrap();
        let numbers = [0, 4, 8].map(|at| u32::from_le_bytes(output[at..at + 4].try_into().unwrap()));
        assert_eq!(numbers, [std::env::vars_os().count() as u32, 1, times]);
        assert_eq!(std::mem::take(&mut hearing.said), ["running the program `git`", "HOME"]);
    }
}

#[test]
fn a_fault_is_a_line_and_a_line_for_each_note() {
    // The compiler makes an error and notes of them.
    let text = match expand(load("unreachable"), b"", &mut server(|_| unreachable!())) {
        Err(CallError::Fault(text)) => text,
        other => panic!("{other:?}"),
    };
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "the macro was stopped by a WebAssembly trap: it aborted (`unreachable`)", "{text}");
    assert!(lines[1..].iter().all(|line| line.starts_with("it happened in `")), "{text}");
}

#[test]
fn a_panic_that_the_guest_announced_is_a_panic() {
    // Guests that cannot unwind say why they trap.
    let announce = r#"(i64.store (i32.const 1024) (i64.const 0x656d6974206f6e)) (call $panic (i32.const 1024) (i32.const 7)) unreachable"#;
    let error = expand(load(announce), b"", &mut server(|_| unreachable!())).unwrap_err();
    assert_eq!(error, CallError::Panic("no time".to_owned()));
}

#[test]
fn a_panic_of_the_compiler_goes_on_behind_the_border() {
    // It must not unwind through the library, which another Rust may have built, and nothing is lost of it.
    let module = load(ASK);
    let panicking = || expand(module, b"x", &mut server(|_| std::panic::panic_any(42_u8)));
    let payload = catch_unwind(AssertUnwindSafe(panicking)).unwrap_err();
    assert_eq!(payload.downcast_ref::<u8>(), Some(&42));
    assert_eq!(expand(module, b"x", &mut server(|_| b"again".to_vec())).unwrap(), b"again");
}

#[test]
fn a_request_that_cannot_be_understood_is_a_fault_with_its_reason() {
    // The reason is the compiler's, on the other side of the border.
    struct Strict;
    impl Dispatch for Strict {
        fn dispatch(&mut self, _: &[u8]) -> Result<&[u8], String> {
            Err("no such request".to_owned())
        }
    }
    let error = expand(load(ASK), b"x", &mut Strict).unwrap_err();
    let expected = "the macro's module broke the protocol: no such request\nit happened in `run`";
    assert_eq!(error, CallError::Fault(expected.to_owned()));
}

#[test]
fn work_is_measured_on_the_compilers_side() {
    // Each activity once, around the work.
    #[derive(Default)]
    struct Measuring {
        running: Cell<u32>,
        compiled: Cell<u32>,
    }
    impl Events for Measuring {
        fn measure(&self, activity: Activity, work: &mut dyn FnMut()) {
            self.running.set(self.running.get() + 1);
            work();
            self.running.set(self.running.get() - 1);
            self.compiled.set(self.compiled.get() + u32::from(activity == Activity::Compile));
        }
    }
    let measuring = Measuring::default();
    load_with(ECHO, &measuring).unwrap();
    assert_eq!((measuring.running.get(), measuring.compiled.get()), (0, 1));

    // An implementation that panics, or does nothing, keeps no work from being done.
    struct Panicking;
    impl Events for Panicking {
        fn measure(&self, _: Activity, _: &mut dyn FnMut()) {
            panic!("no time for measurements");
        }
    }
    catch_unwind(|| load_with(ECHO, &Panicking)).unwrap_err();
    struct Idle;
    impl Events for Idle {
        fn measure(&self, _: Activity, _: &mut dyn FnMut()) {}
    }
    load_with(ECHO, &Idle).unwrap();
}

#[test]
fn a_module_that_cannot_be_loaded_says_why() {
    // The compiler has checked its outside; the engine checks the code.
    let error = load_with("(i32.const 1)", &()).unwrap_err();
    assert!(error.starts_with("the module cannot be compiled: "), "{error}");
}

#[test]
fn a_library_of_another_version_is_refused() {
    // Its table may have another layout.
    let other = table::Runtime { version: table::VERSION + 1, ..*rustc_wasm_proc_macro_runtime() };
    let error = Runtime::new(Box::leak(Box::new(other))).unwrap_err();
    assert_eq!(
        error,
        format!("it is of version {}, and this compiler needs version {}", table::VERSION + 1, table::VERSION)
    );
}
