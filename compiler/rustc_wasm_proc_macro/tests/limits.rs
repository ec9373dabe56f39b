//! What a guest may have of time, of memory and of the compiler's output, and that it gets no more in any way.

mod support;

use std::time::{Duration, Instant};

use rustc_wasm_proc_macro::{Fault, FaultKind, Module};
use rustc_wasm_proc_macro_api::policy::{Grants, Policy, Wanted};
use support::{ECHO, expand, expand_with, grants, in_child, is_child, load_with, server, wat};

/// What a guest of these tests may take at most.
const TIME: Duration = Duration::from_millis(200);

/// What it may be late by, on a busy machine.
const LATE: Duration = Duration::from_secs(8);

/// Grants with such a line.
fn granted(line: &str) -> Grants {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("policy.toml");
    std::fs::write(&path, format!("[permissions.guest]\n{line}\n")).expect("a policy");
    Policy::read(&path).expect("it should be a policy").grants(&[0; 32], "guest", "0.1.0")
}

/// A guest that has little time.
fn hurried(imports: &str, rest: &str, run: &str) -> Module {
    load_with(&wat(imports, rest, run), &granted("time = \"200ms\""))
}

const TIMEOUT: FaultKind = FaultKind::Timeout { limit: TIME, of_enclosing: false };

/// Expects that a guest is stopped when its time is over.
fn assert_stops(what: &str, module: &Module, answer: impl FnMut(&[u8]) -> Vec<u8>) -> Fault {
    let start = Instant::now();
    let mut server = server(answer);
    let fault = module.expand(0, b"", false, &mut server, &()).expect_err(what);
    assert_eq!(fault.kind(), &TIMEOUT, "{what}: {fault}");
    assert_eq!(fault.to_string(), "the macro was stopped after 200 ms");
    assert_eq!(server.refused, [Wanted::Time(TIME)], "{what}");
    assert!(start.elapsed() >= TIME && start.elapsed() < TIME + LATE, "{what}: {:?}", start.elapsed());
    fault
}

fn no_request(_: &[u8]) -> Vec<u8> {
    panic!("there should be no request")
}

#[test]
fn no_code_runs_longer_than_its_time() {
    // Loops are one way. Calls without a loop are another: forty functions that call the next one twice return after 2⁴⁰ calls.
    let tree: String = (0..40)
        .map(|n| format!("(func $f{n} (drop (global.get $n)) (call $f{next}) (call $f{next}))", next = n + 1))
        .collect();
    let tree = format!("(global $n (mut i32) (i32.const 0)) {tree} (func $f40 (global.set $n (i32.const 1)))");
    let indirect = "(table 1 funcref) (elem (i32.const 0) func $again)
        (func $again (param i32) (if (local.get 0) (then
            (call_indirect (param i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
            (call_indirect (param i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))";
    let tail = "(func $tail (param i32) (return_call $tail (i32.add (local.get 0) (i32.const 1))))
        (func $one (return_call $other)) (func $other (return_call $one))";
    let throw = "(tag $tag) (func $throw (throw $tag))";
    let deep = "(tag $tag) (func $deep (param i32)
        (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (throw $tag))))";
    for (rest, run) in [
        ("", "(loop $again (br $again)) unreachable"),
        ("", "(loop $again (br_if $again (i32.const 1))) (i64.const 0)"),
        (
            "",
            "(local $i i32) (loop $again (br_table $again $again (local.tee $i (i32.add (local.get $i) (i32.const 1))))) unreachable",
        ),
        (&*tree, "(call $f0) (i64.const 0)"),
        (indirect, "(call $again (i32.const 60)) (i64.const 0)"),
        (tail, "(call $tail (i32.const 0)) (i64.const 0)"),
        (tail, "(call $one) (i64.const 0)"),
        (throw, "(loop $again (try_table (catch $tag $again) (call $throw))) unreachable"),
        (throw, "(loop $again (try_table (catch_all $again) (throw $tag))) unreachable"),
        ("", "(loop $again (drop (memory.grow (i32.const 0))) (br $again)) unreachable"),
        ("", "(loop $again (memory.fill (i32.const 65536) (i32.const 1) (i32.const 65536)) (br $again)) unreachable"),
        (
            "(table $t 1000 funcref)",
            "(loop $again (drop (table.grow $t (ref.null func) (i32.const 0))) (br $again)) unreachable",
        ),
        (
            "(table $t 1000 funcref) (func $fill (table.fill $t (i32.const 0) (ref.null func) (i32.const 1000)))",
            "(loop $again (call $fill) (br $again)) unreachable",
        ),
        (deep, "(loop $again (try_table (catch $tag $again) (call $deep (i32.const 10000)))) unreachable"),
    ] {
        assert_stops(run, &hurried("", rest, run), no_request);
    }
}

#[test]
fn neither_do_constructors() {
    for (rest, run) in [
        (r#"(func (export "_initialize") (loop $again (br $again)))"#, ECHO),
        ("(func $start (loop $again (br $again))) (start $start)", ECHO),
    ] {
        assert_stops(rest, &hurried("", rest, run), no_request);
    }
}

#[test]
fn code_without_a_loop_is_watched_where_it_has_others_work() {
    // Instructions that take long, and calls of the host, many of each.
    let grown = "(drop (memory.grow (i32.const 8192)))";
    let fill = "(memory.fill (i32.const 65536) (i32.const 1) (i32.const 0x1ffe0000))";
    let copy = "(memory.copy (i32.const 65536) (i32.const 131072) (i32.const 0x1ff00000))";
    for work in [fill, copy] {
        assert_stops(work, &hurried("", "", &format!("{grown} {} (i64.const 0)", work.repeat(20))), no_request);
    }
    let table = "(table $t 1000000 funcref) (elem $e funcref (ref.func $take))";
    let fill = "(table.fill $t (i32.const 0) (ref.null func) (i32.const 1000000))";
    let copy = "(table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 999999))";
    for work in [fill, copy] {
        let more = format!("{table} (func $more {})", work.repeat(100));
        let run = format!("{} (i64.const 0)", "(call $more)".repeat(50));
        assert_stops(work, &hurried("", &more, &run), no_request);
    }
    let ask = "(drop (call $dispatch (i32.const 1024) (i32.const 0) (i32.const 0)))";
    let module = hurried("", "", &format!("{} (i64.const 0)", ask.repeat(40)));
    assert_stops(ask, &module, |_| {
        std::thread::sleep(Duration::from_millis(20));
        Vec::new()
    });
    let random = r#"(import "wasi_snapshot_preview1" "random_get" (func $f (param i32 i32) (result i32)))"#;
    let work = "(drop (call $f (i32.const 65536) (i32.const 16000000)))";
    assert_stops(work, &hurried(random, "", &format!("{grown} {} (i64.const 0)", work.repeat(40))), no_request);
}

/// Asks the compiler once.
const ASK: &str = "(drop (call $dispatch (i32.const 1024) (i32.const 0) (i32.const 0))) (i64.const 0)";

#[test]
fn what_the_compiler_does_for_a_guest_counts() {
    // It is not interrupted, since it is the compiler, but the guest does not go on.
    assert_stops("a request", &hurried("", "", ASK), |_| {
        std::thread::sleep(TIME + Duration::from_millis(50));
        Vec::new()
    });
}

#[test]
fn sleep_counts() {
    // Ten minutes on the monotonic clock.
    let import = r#"(import "wasi_snapshot_preview1" "poll_oneoff" (func $f (param i32 i32 i32 i32) (result i32)))"#;
    let rest = r#"(data (i32.const 1040) "\01") (data (i32.const 1048) "\00\70\c9\b2\8b")"#;
    let run = "(drop (call $f (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 3072))) (i64.const 0)";
    assert_stops("sleep", &hurried(import, rest, run), no_request);
}

#[test]
fn expansions_within_an_expansion_count_for_it() {
    // Else a macro would have as much time as it likes: each that it asks to be expanded would have its own.
    let inner = load_with(&wat("", "", "(loop $again (br $again)) unreachable"), &grants());
    let mut faults = Vec::new();
    assert_stops("nesting", &hurried("", "", ASK), |_| {
        faults.push(expand(&inner, b"").unwrap_err());
        Vec::new()
    });
    let [fault] = &faults[..] else { panic!("{faults:?}") };
    assert_eq!(fault.kind(), &FaultKind::Timeout { limit: TIME, of_enclosing: true });
    let message = "the macro was stopped because the expansion that it is a part of had run for 200 ms";
    assert_eq!(fault.to_string(), message);
    assert!(fault.refused().is_empty(), "a grant of its own would be of no use: {fault:?}");
    // And what is not within one has its own time again.
    let fault = load_with(&wat("", "", "unreachable"), &grants());
    assert!(matches!(expand(&fault, b"").unwrap_err().kind(), FaultKind::Trap(_)));
}

#[test]
fn time_is_for_one_expansion() {
    let module = hurried("", "", ASK);
    for _ in 0..8 {
        let wait = |_: &[u8]| {
            std::thread::sleep(TIME / 4);
            Vec::new()
        };
        expand_with(&module, b"", wait).unwrap();
    }
}

#[test]
fn a_guest_that_was_stopped_leaves_the_module_usable() {
    let module = hurried("", "", "(if (local.get $len) (then (loop $again (br $again)))) (i64.const 0)");
    assert_eq!(expand(&module, b"loop").unwrap_err().kind(), &TIMEOUT);
    assert_eq!(expand(&module, b"").unwrap(), b"");
    assert_eq!(expand(&module, b"loop").unwrap_err().kind(), &TIMEOUT, "and again");
}

#[test]
fn who_is_stopped_is_told_where() {
    // In a chain of calls, wherever in them it is.
    let spin = r#"(func $spin (loop $again (br $again)))
        (func $middle (call $spin))
        (func $leaf (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
        (func $calls (local i64) (loop $again (local.set 0 (call $leaf (local.get 0))) (br $again)))"#;
    let fault = expand(&hurried("", spin, "(call $middle) (i64.const 0)"), b"").unwrap_err();
    assert_eq!(fault.notes(), ["it happened in `spin`, called by `middle`, called by `run`"]);
    let fault = expand(&hurried("", spin, "(call $calls) (i64.const 0)"), b"").unwrap_err();
    let [note] = &fault.notes()[..] else { panic!("{fault:?}") };
    let calls = "called by `run`";
    // Where a function begins it has no frame yet, and its caller is not seen.
    let seen =
        ["`leaf`, called by `calls`", "`calls`", "`leaf`"].map(|names| format!("it happened in {names}, {calls}"));
    assert!(seen.contains(note), "{note}");
}

#[test]
fn only_who_is_late_is_stopped() {
    // The same module runs on other threads, and one expansion follows another on each, at whatever moment the first is late.
    let run = "(if (local.get $len) (then (loop $again (br $again)))) (i64.const 0)";
    let module = hurried("", "", run);
    std::thread::scope(|scope| {
        let late: Vec<_> = (0..2).map(|_| scope.spawn(|| expand(&module, b"loop").unwrap_err())).collect();
        for _ in 0..2 {
            scope.spawn(|| {
                let start = Instant::now();
                while start.elapsed() < TIME * 3 {
                    assert_eq!(expand(&module, b""), Ok(Vec::new()));
                }
            });
        }
        late.into_iter().for_each(|late| assert_eq!(late.join().unwrap().kind(), &TIMEOUT));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn the_signal_by_itself_stops_nobody() {
    // Anybody can send one.
    let spin = "(local $i i32) (loop $again
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 300000000)))) (i64.const 0)";
    let (late, slow) =
        (hurried("", "", "(loop $again (br $again)) unreachable"), load_with(&wat("", "", spin), &grants()));
    // From now on there is a handler.
    assert_stops("a loop", &late, no_request);
    // SAFETY: the thread has a number, and lives until the end of the scope.
    let this = unsafe { libc::pthread_self() };
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                // SAFETY: see above.
                assert_eq!(unsafe { libc::pthread_kill(this, libc::SIGURG) }, 0);
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let outcome = expand(&slow, b"");
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(outcome, Ok(Vec::new()));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_blocked_comes_all_the_same() {
    // Who starts a compiler may have blocked it.
    std::thread::spawn(|| {
        // SAFETY: zeros are a set of signals, and the system reads it in the time of the call.
        unsafe {
            let mut signals: libc::sigset_t = std::mem::zeroed();
            libc::sigaddset(&raw mut signals, libc::SIGURG);
            assert_eq!(libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, std::ptr::null_mut()), 0);
        }
        assert_stops("a loop", &hurried("", "", "(loop $again (br $again)) unreachable"), no_request);
    })
    .join()
    .unwrap();
}

#[test]
fn who_gives_way_again_and_again_is_stopped() {
    // The thread is in the system nearly whenever somebody looks.
    let import = r#"(import "wasi_snapshot_preview1" "sched_yield" (func $f (result i32)))"#;
    let run = "(loop $again (drop (call $f)) (br $again)) unreachable";
    assert_stops("a spin lock", &hurried(import, "", run), no_request);
}

const MIB: u64 = 1 << 20;

/// A guest with 16 MiB.
fn small(rest: &str, run: &str) -> Module {
    load_with(&wat("", rest, run), &granted("memory = \"16MiB\""))
}

fn assert_too_large(what: &str, module: &Module, limit: u64, of_all: bool, answer: impl FnMut(&[u8]) -> Vec<u8>) {
    let mut server = server(answer);
    let fault = module.expand(0, &[b'x'; 100], false, &mut server, &()).expect_err(what);
    assert_eq!(fault.kind(), &FaultKind::MemoryLimit { limit, of_all }, "{what}: {fault}");
    assert_eq!(server.refused, [Wanted::Memory(limit)], "{what}");
}

#[test]
fn a_guest_has_no_more_memory_than_granted() {
    // Whatever it is that grows: what the host keeps for a guest, too.
    let message = "the macro was stopped because it needed more than its 16 MiB of memory";
    let fault = expand(&small("", "(drop (memory.grow (i32.const 255))) (i64.const 0)"), b"").unwrap_err();
    assert_eq!(fault.to_string(), message);
    let tag = format!("(tag $big (param {}))", "i64 ".repeat(64));
    let throw = format!(
        "(loop $again (try_table (catch_all $again) (throw $big {}))) unreachable",
        "(i64.const 0) ".repeat(64)
    );
    let tables = "(table 1048576 funcref) (table 1048576 funcref)";
    for (what, rest, run) in [
        (
            "memory",
            "",
            "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (i64.const 0)",
        ),
        ("a memory and a table", "(table $t 1000000 funcref)", "(drop (memory.grow (i32.const 135))) (i64.const 0)"),
        ("tables from the start", tables, ECHO),
        (
            "a table",
            "(table $t 0 funcref) (table $u 1048576 funcref)",
            "(drop (table.grow $t (ref.null func) (i32.const 1040000))) (i64.const 0)",
        ),
        ("exceptions", &*tag, &*throw),
        ("a reply", "", ASK),
        ("an output", "", "(drop (memory.grow (i32.const 150))) (call $output (i32.const 0) (i32.const 9000000))"),
    ] {
        assert_too_large(what, &small(rest, run), 16 * MIB, false, |_| vec![0; 16 << 20]);
    }
    let large = wat("", "", ECHO).replace(r#"(memory (export "memory") 2)"#, r#"(memory (export "memory") 257)"#);
    assert_too_large(
        "a memory from the start",
        &load_with(&large, &granted("memory = \"16MiB\"")),
        16 * MIB,
        false,
        no_request,
    );
    // What fits, fits.
    let fits = small("", "(drop (memory.grow (i32.const 200))) (call $output (i32.const 0) (i32.const 2000000))");
    assert_eq!(expand(&fits, b"").unwrap().len(), 2_000_000);
}

#[test]
fn the_guests_of_a_module_have_what_is_granted_together() {
    // Each expansion within one has an instance of its own: here of 5 MiB, so there is room for three.
    let module = small("", &format!("(drop (memory.grow (i32.const 78))) {ASK}"));
    fn nest(module: &Module, depth: u32) -> Result<u32, Fault> {
        let mut within = Ok(depth);
        expand_with(module, b"", |_| {
            within = nest(module, depth + 1);
            Vec::new()
        })?;
        within
    }
    let fault = nest(&module, 1).unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::MemoryLimit { limit: 16 * MIB, of_all: false });
}

#[test]
fn memory_is_given_back_with_the_instance() {
    // After a fault it is another one.
    let module = small("", "(drop (memory.grow (i32.const 200))) unreachable");
    for _ in 0..10 {
        assert!(matches!(expand(&module, b"").unwrap_err().kind(), FaultKind::Trap(_)));
    }
}

#[test]
fn all_guests_have_four_gibibytes_together() {
    // In a process of its own, since the limit is the process's.
    let output = in_child("", "child_with_many_guests");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[ignore = "run by all_guests_have_four_gibibytes_together"]
fn child_with_many_guests() {
    if !is_child() {
        return;
    }
    // Nothing of it is touched, so it costs the machine nothing. The first guest keeps its memory for the next expansion.
    let first = load_with(&wat("", "", "(drop (memory.grow (i32.const 57344))) (i64.const 0)"), &grants());
    expand(&first, b"").unwrap();
    let second = || load_with(&wat("", "", "(drop (memory.grow (i32.const 8192))) (i64.const 0)"), &grants());
    assert_too_large("more than all", &second(), 4096 * MIB, true, no_request);
    drop(first);
    expand(&second(), b"").unwrap();
    // A grant of more is one for all guests, too.
    let rich = granted("memory = \"8GiB\"");
    let module = load_with(&wat("", "", "(drop (memory.grow (i32.const 49152))) (i64.const 0)"), &rich);
    expand(&module, b"").unwrap();
    let other = load_with(&wat("", "", "(drop (memory.grow (i32.const 49152))) (i64.const 0)"), &rich);
    expand(&other, b"").unwrap();
}

const WRITE: &str = r#"(import "wasi_snapshot_preview1" "fd_write" (func $f (param i32 i32 i32 i32) (result i32)))"#;

/// Data, and code that writes it in pieces, each of which is a stream and a length.
fn writing(text: &str, pieces: &[(u32, usize)]) -> (String, String) {
    let data: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let mut at = 2048;
    let mut code = String::new();
    for (stream, len) in pieces {
        code += &format!(
            "(i32.store (i32.const 1024) (i32.const {at})) (i32.store (i32.const 1028) (i32.const {len}))
             (drop (call $f (i32.const {stream}) (i32.const 1024) (i32.const 1) (i32.const 1032)))"
        );
        at += len;
    }
    (format!("(data (i32.const 2048) \"{data}\")"), code)
}

#[test]
fn what_a_guest_writes_cannot_be_taken_for_the_compilers() {
    // The compiler says something after it, and begins a line with it.
    let output = in_child("", "writing_child");
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let expected = "macro: {\"$message_type\":\"diagnostic\"}\n\\u{1b}]52;c;\\u{7}unfinished\n{\"of\":\"the compiler\"}\nonce more\n\
        from a constructor\n";
    assert_eq!(stderr, expected);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("\nmacro: {\"reason\":\"compiler-artifact\"}\nend\n"), "{stdout}");
}

#[test]
#[ignore = "run by what_a_guest_writes_cannot_be_taken_for_the_compilers"]
fn writing_child() {
    if !is_child() {
        return;
    }
    println!();
    let text = "{\"$message_type\":\"diagnostic\"}\n\x1b]52;c;\x07unfinished{\"reason\":\"compiler-artifact\"}\nend";
    let (data, code) = writing(text, &[(2, 20), (2, 29), (1, 20), (1, 14)]);
    let module = load_with(&wat(WRITE, &data, &format!("{code} (i64.const 0)")), &grants());
    expand(&module, b"").unwrap();
    eprintln!("{{\"of\":\"the compiler\"}}");
    // Where the expansion, or the making of an instance, fails as well.
    let (data, code) = writing("once more", &[(2, 9)]);
    expand(&load_with(&wat(WRITE, &data, &format!("{code} unreachable")), &grants()), b"").unwrap_err();
    let (data, code) = writing("from a constructor", &[(2, 18)]);
    let constructor = format!("{data} (func (export \"_initialize\") {code} unreachable)");
    expand(&load_with(&wat(WRITE, &constructor, ECHO), &grants()), b"").unwrap_err();
}

#[test]
fn output_has_a_limit() {
    // 65 MiB, which nobody reads: they wait for the end of their line.
    let run = "(drop (memory.grow (i32.const 1100)))
        (i32.store (i32.const 1028) (i32.const 68157440))
        (drop (call $f (i32.const 2) (i32.const 1024) (i32.const 1) (i32.const 1032))) (i64.const 0)";
    let module = load_with(&wat(WRITE, "", run), &grants());
    let fault = expand(&module, b"").unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::TooMuchOutput);
    assert_eq!(fault.to_string(), "the macro was stopped because it had written more than 64 MiB");
}
