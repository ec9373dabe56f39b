//! How each way to fail is told, and that none of them harms the host.

mod support;

use rustc_wasm_proc_macro::{Dispatch, FaultKind, LoadError, Module};
use stubgen::cache::Cache;
use stubgen::module::{Digest, ModuleInfo, Runnable};
use support::{ECHO, SECTIONS, expand, expand_with, grants, guest, load, parse, wat};

fn trap(run: &str) -> String {
    let fault = expand(&guest(run), b"input").unwrap_err();
    assert!(matches!(fault.kind(), FaultKind::Trap(_)), "{fault:?}");
    fault.to_string()
}

fn protocol(run: &str) -> String {
    let fault = expand_with(&guest(run), b"input", |_| b"a long reply".to_vec()).unwrap_err();
    match fault.kind() {
        FaultKind::Protocol(message) => message.clone(),
        _ => panic!("{fault:?}"),
    }
}

#[test]
fn traps_are_told_in_words() {
    // Users of macros know no WebAssembly.
    const PREFIX: &str = "the macro was stopped by a WebAssembly trap: ";
    for (run, words) in [
        ("unreachable", "it aborted (`unreachable`)"),
        ("(i32.load (i32.const -4)) unreachable", "memory access out of bounds"),
        ("(i32.store (i32.const 131069) (i32.const 0)) unreachable", "memory access out of bounds"),
        ("(i32.div_u (i32.const 1) (i32.const 0)) unreachable", "integer division by zero"),
        ("(i32.div_s (i32.const 0x80000000) (i32.const -1)) unreachable", "integer overflow in a division"),
        ("(i32.trunc_f32_s (f32.const nan)) unreachable", "conversion of a number that no integer can hold"),
    ] {
        assert_eq!(trap(run), format!("{PREFIX}{words}"), "{run}");
    }
}

#[test]
fn bad_calls_of_function_pointers_are_told_apart() {
    // What undefined behaviour in a macro usually ends in.
    let call = |index: i32| {
        let rest = "(table 3 funcref) (elem (i32.const 0) func $take) (type $none (func))";
        let module = load(&wat("", rest, &format!("(call_indirect (type $none) (i32.const {index})) unreachable")));
        expand(&module, b"").unwrap_err().to_string()
    };
    assert!(call(0).ends_with("call of a function pointer of another type"));
    assert!(call(1).ends_with("call of a null function pointer"));
    assert!(call(7).ends_with("call of a function pointer out of bounds"));
}

#[test]
fn an_abort_after_a_panic_tells_the_panic() {
    // A macro that was built with `panic=abort` announces the message and traps.
    let rest = r#"(data (i32.const 512) "called `unwrap` on `None`\ff")"#;
    let module = load(&wat("", rest, "(call $panic (i32.const 512) (i32.const 26)) unreachable"));
    let fault = expand(&module, b"").unwrap_err();
    assert_eq!(fault.panic_message(), Some("called `unwrap` on `None`\u{fffd}"));
    assert!(fault.notes().is_empty(), "{fault:?}");
    // The message belongs to one expansion only.
    let module = load(&wat(
        "",
        rest,
        "(if (local.get $len) (then unreachable)) (call $panic (i32.const 512) (i32.const 26)) (i64.const 0)",
    ));
    expand(&module, b"").unwrap();
    assert_eq!(expand(&module, b"trap").unwrap_err().panic_message(), None);
}

#[test]
fn an_exception_that_nothing_catches_is_a_panic_if_one_was_announced() {
    let throw = |before: &str| {
        let module = load(&wat("", "(tag $tag)", &format!("{before} (throw $tag)")));
        expand(&module, b"").unwrap_err()
    };
    assert!(throw("").to_string().ends_with("an exception that nothing caught"));
    assert!(throw("(call $panic (i32.const 16) (i32.const 0))").panic_message().is_some());
}

#[test]
fn a_trap_of_another_kind_after_a_panic_keeps_both() {
    // A panic may be caught, and then something else happens.
    let rest = r#"(data (i32.const 512) "first")"#;
    let run = "(call $panic (i32.const 512) (i32.const 5)) (i32.load (i32.const -4)) unreachable";
    let fault = expand(&load(&wat("", rest, run)), b"").unwrap_err();
    assert!(matches!(fault.kind(), FaultKind::Trap(_)));
    assert_eq!(fault.notes()[0], "before that, the macro panicked: first");
}

#[test]
fn endless_recursion_overflows_the_stack() {
    // On a small thread too: the host must have grown its stack.
    let rest = "(func $f (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))";
    let module = load(&wat("", rest, "(drop (call $f (i32.const 0))) unreachable"));
    let small = std::thread::Builder::new().stack_size(256 << 10);
    let fault = std::thread::scope(|scope| {
        small.spawn_scoped(scope, || expand(&module, b"").unwrap_err()).unwrap().join().unwrap()
    });
    assert_eq!(fault.kind(), &FaultKind::StackOverflow);
    assert_eq!(fault.to_string(), "the macro overflowed its stack");
    assert_eq!(expand(&module, b"").unwrap_err().kind(), &FaultKind::StackOverflow, "and again");
}

#[test]
fn endless_recursion_that_hits_the_end_of_the_memory_overflows_the_stack_too() {
    // Rust's stack in linear memory lies at its lower end, so an overflow is an access below address 0.
    let rest = "(global $sp (mut i32) (i32.const 131072))
        (func $f (result i32)
            (global.set $sp (i32.sub (global.get $sp) (i32.const 128)))
            (i32.store (global.get $sp) (i32.const 0))
            (i32.add (call $f) (i32.const 1)))";
    let fault = expand(&load(&wat("", rest, "(drop (call $f)) unreachable")), b"").unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::StackOverflow, "{fault:?}");
}

#[test]
fn endless_recursion_through_the_compiler_overflows_the_stack() {
    // Requests leave room for the compiler's own frames at any depth.
    let rest = "(func $f (param i32) (result i32)
        (drop (call $dispatch (i32.const 1024) (i32.const 0) (i32.const 0)))
        (i32.add (call $f (local.get 0)) (i32.const 1)))";
    let module = load(&wat("", rest, "(drop (call $f (i32.const 0))) unreachable"));
    let fault = expand_with(&module, b"", |_| {
        let frame = std::hint::black_box([0u8; 100 << 10]);
        frame[..0].to_vec()
    });
    assert_eq!(fault.unwrap_err().kind(), &FaultKind::StackOverflow);
}

#[test]
fn an_abort_for_want_of_memory_is_told_as_such() {
    // Rust aborts when an allocation fails.
    let module = guest("(drop (memory.grow (i32.const 65535))) unreachable");
    let fault = expand(&module, b"").unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::OutOfMemory);
    assert_eq!(fault.to_string(), "the macro ran out of memory");
    // Growth that works is not to blame.
    assert!(trap("(drop (memory.grow (i32.const 10))) unreachable").contains("aborted"));
}

#[test]
fn exceptions_that_fill_their_heap_are_told_as_a_want_of_memory() {
    // Nothing collects them, so a macro that panics and catches without end would else take 4 GiB more. Here it is twice
    // what the heap may have, in exceptions of 512 bytes.
    let tag = format!("(tag $big (param {}))", "i64 ".repeat(64));
    let throw = format!("(throw $big {})", "(i64.const 0) ".repeat(64));
    let run = format!(
        "(local $i i32)
         (loop $next
            (block $caught (try_table (catch_all $caught) {throw}))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (i32.const {}))))
         (i64.const 0)",
        (128 << 20) / 512
    );
    let fault = expand(&load(&wat("", &tag, &run)), b"").unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::OutOfMemory, "{fault}");
}

#[test]
fn tables_are_few_and_small() {
    // Memory that is not the guest's own is the compiler's. Linkers make one table of some thousand elements.
    for (tables, message) in [
        ("(table 1 funcref)".repeat(5), "table count too high at 5"),
        ("(table 1048577 funcref)".to_owned(), "exceeds table limits"),
    ] {
        let fault = expand(&load(&wat("", &tables, ECHO)), b"").unwrap_err();
        assert!(matches!(fault.kind(), FaultKind::Start(_)), "{fault:?}");
        assert!(fault.to_string().contains(message), "{fault}");
    }
    let tables = format!("(table $first 1048576 funcref) {}", "(table 1 externref)".repeat(3));
    let run = "(i32.store (i32.const 1024) (table.grow $first (ref.null func) (i32.const 1)))
        (call $output (i32.const 1024) (i32.const 4))";
    assert_eq!(expand(&load(&wat("", &tables, run)), b"").unwrap(), [255; 4], "it may not grow");
}

#[test]
fn pointers_outside_the_memory_break_the_protocol() {
    // 131072 is the memory's size. Sums must not wrap around either.
    for run in [
        "(call $dispatch (i32.const 131070) (i32.const 1) (i32.const 3)) unreachable",
        "(call $dispatch (i32.const -1) (i32.const 1) (i32.const 1)) unreachable",
        "(call $dispatch (i32.const 8) (i32.const -1) (i32.const -1)) unreachable",
        "(call $dispatch (i32.const 8) (i32.const 0) (i32.const -8)) unreachable",
        "(call $take (i32.const 131070)) unreachable",
        "(call $take (i32.const -2)) unreachable",
        "(call $panic (i32.const 131070) (i32.const 3)) unreachable",
        "(call $panic (i32.const 4) (i32.const -1)) unreachable",
        "(call $output (i32.const 131070) (i32.const 3))",
        "(call $output (i32.const -1) (i32.const -1))",
        "(i64.const -1)",
    ] {
        assert!(protocol(run).ends_with("outside the module's memory"), "{run}");
    }
    // The very last byte is inside.
    assert_eq!(expand(&guest("(call $output (i32.const 131071) (i32.const 1))"), b"").unwrap(), [0]);
    assert_eq!(expand(&guest("(call $output (i32.const 131072) (i32.const 0))"), b"").unwrap(), []);
}

#[test]
fn calls_out_of_turn_break_the_protocol() {
    // A request longer than its buffer; bytes taken twice; a pending reply that a new request replaced.
    let request = "(drop (call $dispatch (i32.const 1024) (i32.const 0) (i32.const 4)))";
    for (run, message) in [
        (
            "(call $dispatch (i32.const 8) (i32.const 9) (i32.const 8)) unreachable",
            "a request of 9 bytes in a buffer of 8",
        ),
        ("(call $take (i32.const 8)) (call $take (i32.const 8)) unreachable", "`take` when nothing is pending"),
        (
            &format!("{request} (call $take (i32.const 8)) (call $take (i32.const 8)) unreachable"),
            "`take` when nothing is pending",
        ),
    ] {
        assert_eq!(protocol(run), message);
    }
}

#[test]
fn a_request_that_the_compiler_does_not_understand_breaks_the_protocol() {
    struct Strict;
    impl Dispatch for Strict {
        fn dispatch(&mut self, _: &[u8]) -> Result<&[u8], String> {
            Err("method 99 does not exist".to_owned())
        }
    }
    let module = guest("(drop (call $dispatch (i32.const 8) (i32.const 0) (i32.const 0))) (i64.const 0)");
    let fault = module.expand(0, b"", false, &mut Strict, &()).unwrap_err();
    assert_eq!(fault.to_string(), "the macro's module broke the protocol: method 99 does not exist");
}

#[test]
fn a_request_before_an_expansion_breaks_the_protocol() {
    // Constructors run when no macro does.
    let rest = r#"(func (export "_initialize") (drop (call $dispatch (i32.const 8) (i32.const 0) (i32.const 0))))"#;
    let fault = expand(&load(&wat("", rest, ECHO)), b"").unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::Protocol("a request while no macro runs".to_owned()));
}

#[test]
fn declarations_that_do_not_fit_the_section_break_the_protocol() {
    // Else an index would name another macro than the compiler thinks, or none.
    for (address, message) in [
        (20, "it has 0 macros, but its custom section declares 2"),
        (131068, "`__rustc_proc_macro_decls` points outside its memory"),
        (-4, "`__rustc_proc_macro_decls` points outside its memory"),
    ] {
        let text = wat("", "", ECHO).replace("i32 (i32.const 16)", &format!("i32 (i32.const {address})"));
        let fault = expand(&load(&text), b"").unwrap_err();
        assert_eq!(fault.kind(), &FaultKind::Protocol(message.to_owned()));
    }
}

/// `info`, as if it were of `bytes`.
fn with_digest(info: &ModuleInfo, bytes: &[u8]) -> Runnable {
    Runnable { digest: Digest::of(bytes), ..info.runnable() }
}

#[test]
fn a_module_that_changed_after_it_was_read_is_refused_and_not_cached() {
    // The compiler maps the file, which may be written to. Its code must not be found later as that of the first bytes.
    let info = parse(&wat("", "", ECHO)).1;
    let other = parse(&wat("", "", "(i64.const 0)")).0;
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::new(dir.path().join("cache"));
    let error = Module::load(&other, &info.runnable(), Some(&cache), &grants(), &()).unwrap_err();
    assert!(matches!(error, LoadError::Changed), "{error:?}");
    assert!(!cache.dir().exists());
}

#[test]
fn code_that_is_not_valid_is_an_error_of_the_module() {
    // Whoever parsed the sections has not looked at the code.
    let (bytes, info) = parse(&wat("", "", ECHO));
    let cut = &bytes[..bytes.len() / 2];
    let error = Module::load(cut, &with_digest(&info, cut), None, &grants(), &()).unwrap_err();
    assert!(matches!(error, LoadError::Compile(_)), "{error:?}");
    assert!(error.to_string().starts_with("the module cannot be compiled: "), "{error}");
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[test]
fn webassembly_that_rustc_does_not_emit_is_an_error_of_the_module() {
    // Each feature more is more of the engine that a guest gets at. Exceptions have references, and need none of these.
    for (rest, message) in [
        ("(type $s (struct (field i32))) (func (result structref) (struct.new $s (i32.const 1)))", "gc"),
        ("(func (result i31ref) (ref.i31 (i32.const 1)))", "gc"),
        ("(type $a (sub (func)))", "gc"),
        ("(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))", "function references"),
        ("(func (param (ref func)))", "function references"),
        ("(memory 1)", "multiple memories"),
        ("(func (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0)))", "relaxed"),
        ("(func (drop (i32.atomic.load (i32.const 0))))", "threads"),
    ] {
        let (bytes, info) = parse(&wat("", rest, ECHO));
        let error = Module::load(&bytes, &info.runnable(), None, &support::grants(), &()).unwrap_err();
        assert!(matches!(error, LoadError::Compile(_)), "{rest}: {error:?}");
        assert!(error.to_string().contains(message), "{rest}: {error}");
    }
}

#[test]
fn an_import_that_does_not_exist_or_fit_is_an_error_of_the_module() {
    // `info` is another module's, so that only the linker can refuse. Preview 1's own types are checked nowhere else.
    let info = parse(&wat("", "", ECHO)).1;
    for import in [
        r#"(import "env" "pthread_create" (func (param i32)))"#,
        r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i64)))"#,
        r#"(import "wasi_snapshot_preview1" "path_open" (func))"#,
    ] {
        let bytes = wat::parse_str(wat(import, "", ECHO)).unwrap();
        let error = Module::load(&bytes, &with_digest(&info, &bytes), None, &grants(), &()).unwrap_err();
        assert!(matches!(error, LoadError::Link(_)), "{error:?}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn a_module_without_the_exports_fails_when_it_is_started() {
    // stubgen refuses such a module, so this needs another module's `info` too.
    let info = parse(&wat("", "", ECHO)).1;
    for text in [format!("(module {SECTIONS})"), format!(r#"(module (memory (export "memory") 1) {SECTIONS})"#)] {
        let bytes = wat::parse_str(text).unwrap();
        let module = Module::load(&bytes, &with_digest(&info, &bytes), None, &grants(), &()).unwrap();
        expand(&module, b"").unwrap_err();
    }
}

#[test]
fn backtraces_are_short_and_demangled() {
    // They are notes for the macro's author, not a dump.
    let rest = "(func $_ZN5serde6derive6expand17h0123456789abcdefE unreachable)";
    let module = load(&wat("", rest, "(call $_ZN5serde6derive6expand17h0123456789abcdefE) (i64.const 0)"));
    let fault = expand(&module, b"").unwrap_err();
    assert_eq!(fault.notes(), ["it happened in `serde::derive::expand`, called by `run`"]);
}
