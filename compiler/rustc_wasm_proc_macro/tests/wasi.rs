//! What a guest gets of WASI preview 1, and what it does not.

mod support;

use std::time::{Duration, Instant, SystemTime};

use rustc_wasm_proc_macro::{FaultKind, Module};
use rustc_wasm_proc_macro_api::policy::{Policy, Wanted};
use support::{expand, in_child, is_child, load, server, wat};

const BADF: u32 = 8;
const FAULT: u32 = 21;
const INVAL: u32 = 28;
const SPIPE: u32 = 70;
const NOTCAPABLE: u32 = 76;

/// A guest that imports function `name` as `$f` and runs `run`.
fn importing(name: &str, ty: &str, rest: &str, run: &str) -> Module {
    load(&wat(&format!(r#"(import "wasi_snapshot_preview1" "{name}" (func $f {ty}))"#), rest, run))
}

/// What function `name` returns for `arguments`.
fn errno(name: &str, arguments: &str) -> u32 {
    let ty = arguments
        .split("(")
        .filter_map(|argument| argument.split_once(".const"))
        .map(|(ty, _)| format!("(param {ty}) "))
        .collect::<String>();
    let run =
        format!("(i32.store (i32.const 1024) (call $f {arguments})) (call $output (i32.const 1024) (i32.const 4))");
    let output = expand(&importing(name, &format!("{ty}(result i32)"), "", &run), b"").unwrap();
    u32::from_le_bytes(output.try_into().unwrap())
}

/// Writes its environment, after the number of entries.
fn environment() -> Module {
    load(&wat(
        r#"(import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
           (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))"#,
        "",
        "(drop (call $sizes (i32.const 1024) (i32.const 1028)))
         (drop (memory.grow (i32.const 100)))
         (drop (call $get (i32.const 2048) (i32.const 65536)))
         (i32.store (i32.const 65532) (i32.load (i32.const 1024)))
         (call $output (i32.const 65532) (i32.add (i32.const 4) (i32.load (i32.const 1028))))",
    ))
}

#[test]
fn the_environment_is_what_is_granted_of_the_compilers() {
    // Macros read `CARGO_PKG_VERSION` and the like, and no keys.
    let output = expand(&environment(), b"").unwrap();
    let (count, entries) = output.split_first_chunk::<4>().unwrap();
    let entries = entries.strip_suffix(b"\0").unwrap().split(|&byte| byte == 0).collect::<Vec<_>>();
    let grants = Policy::of_process().grants(&[0; 32], "guest", "0.1.0");
    let expected = std::env::vars_os()
        .filter(|(key, _)| grants.variable(key.to_str().unwrap()))
        .map(|(key, value)| [key.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat())
        .collect::<Vec<_>>();
    assert_eq!(entries, expected);
    assert_eq!(u32::from_le_bytes(*count) as usize, expected.len());
    let has = |start: &[u8]| entries.iter().any(|entry| entry.starts_with(start));
    assert!(has(b"CARGO_PKG_VERSION=") && !has(b"PATH=") && !has(b"HOME="));
}

#[test]
fn there_are_no_arguments() {
    // The compiler's command line is none of a macro's business.
    assert_eq!(errno("args_sizes_get", "(i32.const 8) (i32.const 12)"), 0);
    assert_eq!(errno("args_get", "(i32.const 8) (i32.const 12)"), 0);
}

#[test]
fn output_goes_to_the_compilers_streams() {
    // In a process of its own, because the test harness has streams of its own.
    let output = in_child("", "writing_child");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stdout.contains("before hello, world\nafter\n"), "{stdout}");
    assert!(stderr.contains("hello, world\n"), "{stderr}");
}

#[test]
#[ignore = "run by output_goes_to_the_compilers_streams"]
fn writing_child() {
    if !is_child() {
        return;
    }
    let rest = r#"(data (i32.const 512) "hello, world\n")
        (data (i32.const 1024) "\00\02\00\00\07\00\00\00\07\02\00\00\06\00\00\00")"#;
    for fd in [1, 2] {
        print!("before ");
        let run = format!(
            "(drop (call $f (i32.const {fd}) (i32.const 1024) (i32.const 2) (i32.const 2048)))
             (call $output (i32.const 2048) (i32.const 4))"
        );
        let module = importing("fd_write", "(param i32 i32 i32 i32) (result i32)", rest, &run);
        assert_eq!(expand(&module, b"").unwrap(), 13u32.to_le_bytes());
        println!("after");
    }
}

/// What function `name` returns for `arguments`, and what the compiler heard of that.
fn refused(name: &str, ty: &str, rest: &str, arguments: &str) -> (u32, Vec<Wanted>) {
    let run =
        format!("(i32.store (i32.const 1024) (call $f {arguments})) (call $output (i32.const 1024) (i32.const 4))");
    let module = importing(name, &format!("{ty} (result i32)"), rest, &run);
    let mut server = server(|_| unreachable!());
    let output = module.expand(0, b"", false, &mut server, &()).unwrap();
    (u32::from_le_bytes(output.try_into().unwrap()), server.refused)
}

#[test]
fn standard_input_is_refused_and_may_be_a_terminal() {
    // It was at its end: a macro that asks its user a question computed something from an empty answer.
    let ty = "(param i32 i32 i32 i32)";
    let read =
        |fd: u32| refused("fd_read", ty, "", &format!("(i32.const {fd}) (i32.const 8) (i32.const 1) (i32.const 64)"));
    assert_eq!(read(0), (NOTCAPABLE, vec![Wanted::StandardInput]));
    assert_eq!(read(1), (BADF, vec![]));
    // `is_terminal` asks so.
    let stat = refused("fd_fdstat_get", "(param i32 i32)", "", "(i32.const 0) (i32.const 64)");
    assert_eq!(stat, (0, vec![]));
}

#[test]
fn there_are_three_streams_two_directories_and_no_other_descriptors() {
    // wasi-libc asks for preopened directories from 3 on until it hears BADF.
    for fd in 0..3 {
        assert_eq!(errno("fd_fdstat_get", &format!("(i32.const {fd}) (i32.const 64)")), 0);
        assert_eq!(errno("fd_filestat_get", &format!("(i32.const {fd}) (i32.const 64)")), 0);
        assert_eq!(errno("fd_close", &format!("(i32.const {fd})")), 0);
        let seek = format!("(i32.const {fd}) (i64.const 0) (i32.const 0) (i32.const 64)");
        assert_eq!(errno("fd_seek", &seek), SPIPE);
    }
    for fd in 3..5 {
        assert_eq!(errno("fd_prestat_get", &format!("(i32.const {fd}) (i32.const 64)")), 0);
        assert_eq!(errno("fd_fdstat_get", &format!("(i32.const {fd}) (i32.const 64)")), 0);
        assert_eq!(errno("fd_close", &format!("(i32.const {fd})")), 0);
        assert_eq!(errno("fd_write", &format!("(i32.const {fd}) (i32.const 64) (i32.const 0) (i32.const 64)")), BADF);
    }
    assert_eq!(errno("fd_prestat_get", "(i32.const 5) (i32.const 64)"), BADF);
    assert_eq!(errno("fd_fdstat_get", "(i32.const 5) (i32.const 64)"), BADF);
    assert_eq!(errno("fd_close", "(i32.const -1)"), BADF);
}

#[test]
fn pointers_outside_the_memory_are_answered_by_an_error() {
    // 131072 is the memory's size.
    for (name, arguments) in [
        ("environ_sizes_get", "(i32.const 131072) (i32.const 0)"),
        ("environ_get", "(i32.const 8) (i32.const -1)"),
        ("random_get", "(i32.const 131000) (i32.const 100)"),
        ("random_get", "(i32.const -1) (i32.const -1)"),
        ("clock_time_get", "(i32.const 0) (i64.const 0) (i32.const 131065)"),
        ("fd_fdstat_get", "(i32.const 1) (i32.const 131050)"),
        ("fd_write", "(i32.const 1) (i32.const 131071) (i32.const 1) (i32.const 64)"),
        ("fd_write", "(i32.const 1) (i32.const 64) (i32.const 0) (i32.const -1)"),
        ("fd_write", "(i32.const 1) (i32.const -8) (i32.const -1) (i32.const 64)"),
        ("fd_read", "(i32.const 0) (i32.const 8) (i32.const 1) (i32.const 131070)"),
        ("poll_oneoff", "(i32.const 131060) (i32.const 8) (i32.const 1) (i32.const 8)"),
        ("poll_oneoff", "(i32.const 1024) (i32.const 131060) (i32.const 1) (i32.const 8)"),
    ] {
        assert_eq!(errno(name, arguments), FAULT, "{name} {arguments}");
    }
}

#[test]
fn randomness_differs_between_calls() {
    // `HashMap`'s seeds come from here.
    let run = "(drop (call $f (i32.const 1024) (i32.const 32))) (call $output (i32.const 1024) (i32.const 32))";
    let module = importing("random_get", "(param i32 i32) (result i32)", "", run);
    let (one, two) = (expand(&module, b"").unwrap(), expand(&module, b"").unwrap());
    assert_ne!(one, two);
    assert_ne!(one, [0; 32]);
}

#[test]
fn clocks_tell_the_time() {
    let time = |id: u32| {
        let run = format!(
            "(drop (call $f (i32.const {id}) (i64.const 0) (i32.const 1024)))
             (call $output (i32.const 1024) (i32.const 8))"
        );
        let module = importing("clock_time_get", "(param i32 i64 i32) (result i32)", "", &run);
        u64::from_le_bytes(expand(&module, b"").unwrap().try_into().unwrap())
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert!(Duration::from_nanos(time(0)).abs_diff(now) < Duration::from_secs(60));
    assert!(time(1) <= time(1));
    assert_eq!(errno("clock_time_get", "(i32.const 9) (i64.const 0) (i32.const 1024)"), INVAL);
    assert_eq!(errno("clock_res_get", "(i32.const 1) (i32.const 1024)"), 0);
    assert_eq!(errno("sched_yield", ""), 0);
}

#[test]
fn sleeping_takes_time() {
    // `std::thread::sleep` is a `poll_oneoff` of one clock: here 20 ms on the monotonic one, and 10 min on the other.
    let rest = r#"(data (i32.const 1025) "\aa") (data (i32.const 1040) "\01") (data (i32.const 1048) "\00\2d\31\01")
        (data (i32.const 1096) "\00\e0\a5\b1\8b\00")"#;
    let run = "(drop (call $f (i32.const 1024) (i32.const 2048) (i32.const 2) (i32.const 2044)))
        (call $output (i32.const 2044) (i32.const 36))";
    let module = importing("poll_oneoff", "(param i32 i32 i32 i32) (result i32)", rest, run);
    let start = Instant::now();
    let output = expand(&module, b"").unwrap();
    assert!(start.elapsed() >= Duration::from_millis(20) && start.elapsed() < Duration::from_secs(60));
    let mut expected = [0; 36];
    (expected[0], expected[5]) = (1, 0xaa);
    assert_eq!(output, expected);
    assert_eq!(errno("poll_oneoff", "(i32.const 8) (i32.const 8) (i32.const 0) (i32.const 8)"), INVAL);
    assert_eq!(errno("poll_oneoff", "(i32.const 8) (i32.const 8) (i32.const -1) (i32.const 8)"), INVAL);
}

#[test]
fn exit_ends_the_expansion_and_not_the_compiler() {
    let module = importing("proc_exit", "(param i32)", "", "(call $f (i32.const 3)) unreachable");
    let fault = expand(&module, b"").unwrap_err();
    assert_eq!(fault.kind(), &FaultKind::Exit(3));
    assert_eq!(fault.to_string(), "the macro tried to end the process with exit code 3");
}

#[test]
fn files_are_refused_and_the_compiler_hears_which() {
    // Whatever the macro makes of the error code. Once an expansion, and in each.
    let rest = r#"(data (i32.const 512) "/etc/passwd")"#;
    let open = "(call $f (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 11) (i32.const 0)
        (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64))";
    let run = format!(
        "(i32.store (i32.const 1024) {open}) (i32.store (i32.const 1024) {open})
         (if (local.get $len) (then unreachable))
         (call $output (i32.const 1024) (i32.const 4))"
    );
    let ty = "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)";
    let module = importing("path_open", ty, rest, &run);
    let expected = [Wanted::Read("/etc/passwd".into())];
    for _ in 0..2 {
        let mut server = server(|_| unreachable!());
        let output = module.expand(0, b"", false, &mut server, &()).unwrap();
        assert_eq!(output, NOTCAPABLE.to_le_bytes());
        assert_eq!(server.refused, expected);
    }
    let fault = expand(&module, b"trap").unwrap_err();
    assert_eq!(fault.refused(), expected);
}

/// A guest whose constructor, which `how` makes one, opens a file of this package and one that it may not, and runs `end`.
fn opening_early(how: &str, end: &str) -> Module {
    let open = |directory: u32, path: u32| {
        format!(
            "(drop (call $f (i32.const {directory}) (i32.const 0) (i32.const {path}) (i32.const 10) (i32.const 0)
                (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64)))"
        )
    };
    let rest = format!(
        r#"(data (i32.const 512) "Cargo.tomletc/passwd") (func $early {} {} {end}) {how}"#,
        open(4, 512),
        open(3, 522)
    );
    let run = "(if (local.get $len) (then unreachable)) (i64.const 0)";
    importing("path_open", "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)", &rest, run)
}

#[test]
fn the_compiler_hears_of_what_constructors_read_and_were_refused() {
    // They run before any macro does, and dep-info and errors must not lack it. Macros that load a configuration or a
    // grammar once may do so there.
    let manifest = std::env::current_dir().unwrap().join("Cargo.toml");
    for how in ["(start $early)", r#"(export "_initialize" (func $early))"#] {
        let module = opening_early(how, "");
        let mut server = server(|_| unreachable!());
        // It is told once, however often the instance is used.
        for _ in 0..2 {
            module.expand(0, b"", false, &mut server, &()).unwrap();
            assert_eq!(server.read, [&*manifest], "{how}");
            assert_eq!(server.refused, [Wanted::Read("/etc/passwd".into())], "{how}");
        }
        // The first expansion may fail because of it.
        let fault = expand(&opening_early(how, ""), b"trap").unwrap_err();
        assert_eq!(fault.refused(), [Wanted::Read("/etc/passwd".into())], "{how}");
        // In the second, which is in the same instance, it is past.
        let fault = expand(&module, b"trap").unwrap_err();
        assert!(fault.refused().is_empty(), "{how}: {fault:?}");
    }
}

#[test]
fn the_compiler_hears_of_what_a_constructor_that_fails_was_refused() {
    // There is no expansion then that could tell it.
    let module = opening_early("(start $early)", "unreachable");
    let mut server = server(|_| unreachable!());
    let fault = module.expand(0, b"", false, &mut server, &()).unwrap_err();
    assert_eq!(server.refused, [Wanted::Read("/etc/passwd".into())]);
    assert_eq!(fault.refused().len(), 1);
}

#[test]
fn what_no_macro_has_is_refused_by_its_name() {
    let no_address = Wanted::Socket(String::new());
    assert_eq!(
        refused("sock_shutdown", "(param i32 i32)", "", "(i32.const 3) (i32.const 0)"),
        (NOTCAPABLE, vec![no_address])
    );
    let (errno, wanted) = refused("proc_raise", "(param i32)", "", "(i32.const 9)");
    assert_eq!((errno, wanted[0].to_string()), (NOTCAPABLE, "sending a signal".to_owned()));
}
