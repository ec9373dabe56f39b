//! A compiler that does what it should not: guests written by hand in its place.

use std::fs;
use std::time::Duration;

use hosted::{Compiler, Directory, Invocation, Limits, Stopped};
use tempfile::TempDir;

/// Where a guest runs: a directory that it may read or write, and a cache beside it.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(place.dir.path().join("given")).unwrap();
        place
    }

    fn compiler(&self, items: &str, start: &str) -> Compiler {
        let text = format!(
            r#"(module
                (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (import "wasi_snapshot_preview1" "path_open"
                    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
                (import "rustc_wasm_proc_macro" "load" (func $load (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
                (import "rustc_wasm_proc_macro" "expand" (func $expand (param i32 i32 i32 i32 i32) (result i32)))
                (memory (export "memory") 1)
                (func (export "rustc_wasm_proc_macro_room") (param i32) (result i32) i32.const 1024)
                (func (export "rustc_wasm_proc_macro_call") (param i32 i32) (result i64) i64.const 0)
                {items}
                (func (export "_start") {start}))"#
        );
        let path = self.dir.path().join("compiler.wasm");
        fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
        Compiler::load(&path, &self.dir.path().join("cache")).unwrap()
    }

    fn invocation(&self, writes: bool) -> Invocation {
        let path = fs::canonicalize(self.dir.path().join("given")).unwrap();
        Invocation {
            directories: vec![Directory { path, writes }],
            limits: Limits { memory: 1 << 20, time: Duration::from_secs(1) },
            ..Invocation::default()
        }
    }

    fn run(&self, items: &str, start: &str) -> Result<i32, Stopped> {
        self.compiler(items, start).run(&self.invocation(false))
    }

    /// What `path_open` answers for `name` with these flags and rights.
    fn opens(&self, name: &str, how: u32, rights: u64, writes: bool) -> i32 {
        let items = format!(r#"(data (i32.const 16) "{name}")"#);
        let len = name.len();
        let start = format!(
            "(call $exit (call $open (i32.const 3) (i32.const 1) (i32.const 16) (i32.const {len}) (i32.const {how})
                (i64.const {rights}) (i64.const 0) (i32.const 0) (i32.const 8)))"
        );
        self.compiler(&items, &start).run(&self.invocation(writes)).unwrap()
    }
}

const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;
const CREATE: u32 = 1;

#[test]
fn an_exit_code_is_the_compilers() {
    assert_eq!(Place::new().run("", "(call $exit (i32.const 3))"), Ok(3));
    assert_eq!(Place::new().run("", ""), Ok(0));
}

#[test]
fn a_trap_ends_the_run_and_not_the_process() {
    let place = Place::new();
    let compiler = place.compiler("", "unreachable");
    for _ in 0..2 {
        assert!(matches!(compiler.run(&place.invocation(false)), Err(Stopped::Trap(_))));
    }
    assert_eq!(place.run("", ""), Ok(0));
}

#[test]
fn time_memory_and_stack_end_with_their_names() {
    let place = Place::new();
    assert_eq!(place.run("", "(loop (br 0))"), Err(Stopped::Time(Duration::from_secs(1))));
    let grow = "(drop (memory.grow (i32.const 100))) unreachable";
    assert_eq!(place.run("", grow), Err(Stopped::Memory(1 << 20)));
    let compiler = place.compiler("(func $deep (call $deep) (call $deep))", "(call $deep)");
    let mut invocation = place.invocation(false);
    invocation.limits.time = Duration::from_secs(600);
    assert_eq!(compiler.run(&invocation), Err(Stopped::Stack));
}

/// Compiled code is taken from the cache, and a damaged entry is made again.
#[test]
fn compiled_code_is_cached() {
    let place = Place::new();
    assert!(!place.compiler("", "").from_cache());
    assert!(place.compiler("", "").from_cache());
    let module = place.dir.path().join("cache/module");
    for entry in fs::read_dir(module).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        bytes[100] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    assert!(!place.compiler("", "").from_cache());
}

#[test]
fn paths_stay_below_their_directory() {
    let place = Place::new();
    let given = place.dir.path().join("given");
    fs::write(place.dir.path().join("secret"), "").unwrap();
    fs::write(given.join("file"), "").unwrap();
    fs::create_dir(given.join("dir")).unwrap();
    std::os::unix::fs::symlink("../secret", given.join("out")).unwrap();
    std::os::unix::fs::symlink("/etc", given.join("absolute")).unwrap();
    std::os::unix::fs::symlink("file", given.join("within")).unwrap();
    for name in ["file", "within", "dir/../file", "./file"] {
        assert_eq!(place.opens(name, 0, READ, false), 0, "{name}");
    }
    for name in ["../secret", "dir/../../secret", "out", "absolute/hostname", "/etc/hostname", "/"] {
        assert_ne!(place.opens(name, 0, READ, true), 0, "{name}");
    }
}

#[test]
fn nothing_is_written_where_that_is_not_said() {
    let place = Place::new();
    let given = place.dir.path().join("given");
    fs::write(given.join("file"), "text").unwrap();
    for (how, rights) in [(0, WRITE), (CREATE, READ), (8, READ), (CREATE, WRITE)] {
        assert_eq!(place.opens("file", how, rights, false), 69, "{how} {rights}");
        assert_eq!(place.opens("other", how, rights, false), 69, "{how} {rights}");
    }
    let unlink = "(call $exit (call $unlink (i32.const 3) (i32.const 16) (i32.const 4)))";
    let compiler = place.compiler(r#"(data (i32.const 16) "file")"#, unlink);
    assert_eq!(compiler.run(&place.invocation(false)), Ok(69));
    assert_eq!(fs::read_to_string(given.join("file")).unwrap(), "text");
    assert_eq!(place.opens("other", CREATE, WRITE, true), 0);
    assert_eq!(compiler.run(&place.invocation(true)), Ok(0));
    assert!(!given.join("file").exists());
}

/// Opening a pipe would wait for its other end for ever, and a device may do anything.
#[test]
fn neither_pipes_nor_devices_are_opened() {
    let place = Place::new();
    let pipe = place.dir.path().join("given/pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    assert_eq!(place.opens("pipe", 0, READ, false), 2);
}

#[test]
fn false_slices_and_modules_end_the_run() {
    let place = Place::new();
    let zeros = "(i32.const 0) ".repeat(3);
    let outside = format!("(drop (call $load (i32.const 65530) (i32.const 100) {zeros} {zeros}))");
    let forged = format!("(drop (call $expand (i32.const 7) (i32.const 0) {zeros}))");
    for start in [outside, forged] {
        assert!(matches!(place.run("", &start), Err(Stopped::Trap(_))), "{start}");
    }
}

/// A module that is not what its digest says is not loaded: its compiled code could be another one's.
#[test]
fn a_module_with_a_false_digest_is_not_loaded() {
    let place = Place::new();
    let zeros = "(i32.const 0) ".repeat(8);
    assert_eq!(place.run("", &format!("(call $exit (call $load {zeros}))")), Ok(0));
}
