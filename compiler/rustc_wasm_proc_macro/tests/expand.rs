//! What a guest and the compiler say to each other when both keep to the protocol.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;

use rustc_wasm_proc_macro::FaultKind;
use support::{ECHO, expand, expand_with, guest, load, server, wat};

#[test]
fn the_guest_takes_its_input_and_returns_its_output() {
    // The least that a macro does.
    let module = guest(ECHO);
    for input in [&b""[..], b"x", &[7; 100_000]] {
        assert_eq!(expand(&module, input).unwrap(), input);
    }
}

#[test]
fn the_guest_learns_which_macro_it_is_and_whether_to_show_panics() {
    // All four parameters, in the ABI's order.
    let module = guest(
        "(i32.store (i32.const 1024) (local.get $decls))
         (i32.store (i32.const 1028) (local.get $index))
         (i32.store (i32.const 1032) (local.get $len))
         (i32.store (i32.const 1036) (local.get $force))
         (call $output (i32.const 1024) (i32.const 16))",
    );
    let mut server = server(|_| unreachable!());
    let output = module.expand(1, b"abc", true, &mut server, &()).unwrap();
    assert_eq!(output, [16, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0]);
}

/// Sends its input as a request in a buffer of 8 bytes. Returns the reply, from the buffer or by `take`.
const ASK: &str = "
    (local $n i32)
    (call $take (i32.const 1024))
    (local.set $n (call $dispatch (i32.const 1024) (local.get $len) (i32.const 8)))
    (if (i32.gt_u (local.get $n) (i32.const 8)) (then (call $take (i32.const 1024))))
    (call $output (i32.const 1024) (local.get $n))";

#[test]
fn replies_stand_in_the_buffer_if_they_fit_and_are_pending_else() {
    // The boundary between the two ways is the buffer's capacity.
    let module = guest(ASK);
    for size in [0, 1, 7, 8, 9, 5000] {
        let reply = vec![b'r'; size];
        let output = expand_with(&module, b"request", |request| {
            assert_eq!(request, b"request");
            reply.clone()
        });
        assert_eq!(output.unwrap(), reply, "{size} bytes");
    }
}

#[test]
fn many_requests_each_get_their_own_reply() {
    // A macro makes thousands of them, of which some do not fit.
    let module = guest(
        "(local $i i32) (local $n i32) (local $sum i32)
         (loop $next
            (i32.store (i32.const 1024) (local.get $i))
            (local.set $n (call $dispatch (i32.const 1024) (i32.const 4) (i32.const 8)))
            (if (i32.gt_u (local.get $n) (i32.const 8)) (then (call $take (i32.const 1024))))
            (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 1024))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (i32.const 10000))))
         (i32.store (i32.const 1024) (local.get $sum))
         (call $output (i32.const 1024) (i32.const 4))",
    );
    let output = expand_with(&module, b"", |request| {
        let number = u32::from_le_bytes(request.try_into().unwrap());
        let mut reply = (number * 2).to_le_bytes().to_vec();
        reply.resize(if number.is_multiple_of(3) { 64 } else { 4 }, 0);
        reply
    });
    assert_eq!(output.unwrap(), (9999u32 * 10000).to_le_bytes());
}

/// Counts its expansions in a static, and traps if its input is not empty.
const COUNT: &str = "
    (if (local.get $len) (then unreachable))
    (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 1)))
    (call $output (i32.const 2048) (i32.const 4))";

#[test]
fn statics_live_as_long_as_the_module() {
    // Native macros keep state within one compilation, and real crates rely on it.
    let module = guest(COUNT);
    for count in 1..=3u32 {
        assert_eq!(expand(&module, b"").unwrap(), count.to_le_bytes());
    }
}

#[test]
fn statics_are_fresh_after_a_fault() {
    // A trap may leave half-made state behind.
    let module = guest(COUNT);
    assert_eq!(expand(&module, b"").unwrap(), 1u32.to_le_bytes());
    assert_eq!(expand(&module, b"").unwrap(), 2u32.to_le_bytes());
    expand(&module, b"trap").unwrap_err();
    assert_eq!(expand(&module, b"").unwrap(), 1u32.to_le_bytes());
}

/// Like `COUNT`, but first sends a request if its input is not empty.
const COUNT_AND_ASK: &str = "
    (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 1)))
    (if (local.get $len) (then (drop (call $dispatch (i32.const 1024) (i32.const 0) (i32.const 0)))))
    (call $output (i32.const 2048) (i32.const 4))";

#[test]
fn an_expansion_within_a_request_has_an_instance_of_its_own() {
    // The compiler may expand a macro in order to answer a request (`TokenStream::expand_expr`).
    let module = guest(COUNT_AND_ASK);
    let output = expand_with(&module, b"ask", |_| {
        let inner = expand_with(&module, b"ask", |_| {
            assert_eq!(expand(&module, b"").unwrap(), 1u32.to_le_bytes());
            Vec::new()
        });
        assert_eq!(inner.unwrap(), 1u32.to_le_bytes());
        Vec::new()
    });
    assert_eq!(output.unwrap(), 1u32.to_le_bytes());
    // The outermost instance came back last and is the one whose state goes on.
    assert_eq!(expand(&module, b"").unwrap(), 2u32.to_le_bytes());
}

#[test]
fn two_threads_expand_at_the_same_time() {
    // Each waits within its request until the other is in one too, so neither can have waited for the other's end.
    let module = guest(COUNT_AND_ASK);
    let barrier = Barrier::new(2);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let output = expand_with(&module, b"ask", |_| {
                    barrier.wait();
                    Vec::new()
                });
                assert_eq!(output.unwrap(), 1u32.to_le_bytes());
            });
        }
    });
    // Instances that one thread made serve another.
    assert_eq!(expand(&module, b"").unwrap(), 2u32.to_le_bytes());
}

#[test]
fn a_panic_of_the_compiler_goes_through_and_takes_the_instance_along() {
    // rustc unwinds to end a compilation; the guest is in the middle of something then.
    let module = guest(COUNT_AND_ASK);
    let result = catch_unwind(AssertUnwindSafe(|| expand_with(&module, b"ask", |_| std::panic::panic_any("fatal"))));
    assert_eq!(*result.unwrap_err().downcast::<&str>().unwrap(), "fatal");
    assert_eq!(expand(&module, b"").unwrap(), 1u32.to_le_bytes());
}

#[test]
fn an_exception_that_the_guest_catches_is_its_own_affair() {
    // Panics unwind as Wasm exceptions, and `catch_unwind` in a macro, or the bridge's own, catches them.
    let module = load(&wat(
        "",
        r#"(tag $panic_tag (param i32))
           (func $fail (throw $panic_tag (i32.const 42)))"#,
        r#"(call $panic (i32.const 16) (i32.const 1))
           (i32.store (i32.const 1024)
              (block $caught (result i32)
                (try_table (catch $panic_tag $caught) (call $fail))
                (i32.const 0)))
           (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 1)))
           (i32.store (i32.const 1028) (i32.load (i32.const 2048)))
           (call $output (i32.const 1024) (i32.const 8))"#,
    ));
    assert_eq!(expand(&module, b"").unwrap(), [42, 0, 0, 0, 1, 0, 0, 0]);
    // A caught panic is a success, so the instance stays. And exception objects, which nothing collects, do not fill up.
    for _ in 0..10_000 {
        expand(&module, b"").unwrap();
    }
    assert_eq!(expand(&module, b"").unwrap()[4..], 10_002u32.to_le_bytes());
}

#[test]
fn constructors_run_once_before_the_first_expansion() {
    // A library for WASI exports `_initialize`, and `#[ctor]`-like crates count on it.
    let module = load(&wat(
        "",
        r#"(func (export "_initialize")
              (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 10))))"#,
        COUNT,
    ));
    assert_eq!(expand(&module, b"").unwrap(), 11u32.to_le_bytes());
    assert_eq!(expand(&module, b"").unwrap(), 12u32.to_le_bytes());
}

#[test]
fn a_module_that_is_not_used_is_not_started() {
    // Instances cost memory; and this one could not even be made.
    let module = load(&wat("", "(func $start unreachable) (start $start)", ECHO));
    let fault = expand(&module, b"").unwrap_err();
    assert!(matches!(fault.kind(), FaultKind::Trap(_)), "{fault:?}");
}
