//! Measures what the runtime costs: `cargo run --release --example bench [MODULE.wasm]`.
//!
//! Without a module, instances, expansions and requests of a small guest are measured; with one, also its compilation
//! and its way out of the cache.

use std::time::{Duration, Instant};

use rustc_wasm_proc_macro::{Activity, Dispatch, Events, Module};
use rustc_wasm_proc_macro_api::policy::{Grants, Policy};
use stubgen::cache::Cache;
use stubgen::module::ModuleInfo;

const GUEST: &str = r#"(module
    (import "rustc_proc_macro" "dispatch" (func $dispatch (param i32 i32 i32) (result i32)))
    (import "rustc_proc_macro" "take" (func $take (param i32)))
    (memory (export "memory") 160)
    (global (export "__rustc_proc_macro_decls") i32 (i32.const 16))
    (data (i32.const 16) "\00\00\00\00\01\00\00\00")
    (func (export "__rustc_proc_macro_run")
        (param $decls i32) (param $index i32) (param $len i32) (param $force i32) (result i64)
        (local $i i32)
        (call $take (i32.const 1024))
        (local.set $i (i32.load (i32.const 1024)))
        (if (local.get $i) (then
            (loop $next
                (drop (call $dispatch (i32.const 1024) (i32.const 16) (i32.const 256)))
                (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))
        (i64.const 0))
    (@custom ".rustc_proc_macro_decls" "bang:one:one\n")
    (@custom ".rustc_proc_macro_abi" "abi=1\ncrate=guest\nversion=0.1.0\nedition=2021\ncompiler=rustc 1.96.0\n"))"#;

struct Server;

impl Dispatch for Server {
    fn dispatch(&mut self, _: &[u8]) -> Result<&[u8], String> {
        Ok(&[0; 16])
    }
}

/// Prints the time of each compilation and each look into the cache.
struct Printing;

impl Events for Printing {
    fn measure(&self, activity: Activity, work: &mut dyn FnMut()) {
        let start = Instant::now();
        work();
        if matches!(activity, Activity::Load | Activity::Compile) {
            println!("  {:<40}{:>12.3?}", activity.name(), start.elapsed());
        }
    }

    fn warn(&self, message: &str) {
        println!("  warning: {message}");
    }
}

/// The median of `count` runs of `work`, each divided by `per`.
fn median(name: &str, count: usize, per: u32, mut work: impl FnMut()) {
    let mut times: Vec<Duration> = (0..count)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed() / per
        })
        .collect();
    times.sort();
    println!("{name:<42}{:>12.3?}", times[count / 2]);
}

fn grants() -> Grants {
    Policy::of_process().grants(&[0; 32], "guest", "0.1.0")
}

fn main() {
    let start = Instant::now();
    let bytes = wat::parse_str(GUEST).expect("the guest should assemble");
    let info = ModuleInfo::parse(&bytes).expect("the guest should follow the ABI");
    println!("{:<42}{:>12.3?}", "assembling and parsing", start.elapsed());
    let start = Instant::now();
    Module::load(b"", &info.runnable(), None, &grants(), &()).expect_err("there is no module");
    println!("{:<42}{:>12.3?}", "making the engine", start.elapsed());
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cache = Cache::new(dir.path().to_owned());
    let load = || Module::load(&bytes, &info.runnable(), Some(&cache), &grants(), &()).expect("the guest should load");
    let start = Instant::now();
    let module = load();
    println!("{:<42}{:>12.3?}", "compiling the guest", start.elapsed());
    let mut fresh = (0..500).map(|_| load()).collect::<Vec<_>>();
    let expand = |module: &Module, requests: u32| {
        module.expand(0, &requests.to_le_bytes(), false, &mut Server, &()).expect("the guest should work");
    };
    median("loading it from the cache", 500, 1, || drop(load()));
    let with_stack = |size: usize, work: &mut (dyn FnMut() + Send)| {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(size).spawn_scoped(scope, work).expect("a thread");
            thread.join().expect("the thread should not panic");
        });
    };
    with_stack(2 << 20, &mut || {
        median("expansion that must make a stack", 2000, 1, || expand(&module, 0));
    });
    // As much as rustc's threads have.
    with_stack(8 << 20, &mut || {
        median("expansion in a fresh instance", 500, 1, || expand(&fresh.pop().expect("there are 500"), 0));
        median("expansion in the same instance", 2000, 1, || expand(&module, 0));
        median("one request of 16 bytes, and its reply", 200, 10_000, || expand(&module, 10_000));
    });

    let Some(path) = std::env::args_os().nth(1) else {
        return;
    };
    let start = Instant::now();
    let bytes = std::fs::read(path).expect("the module should be readable");
    let info = ModuleInfo::parse(&bytes);
    println!("{:<42}{:>12.3?}", "reading and parsing the module", start.elapsed());
    let info = info.unwrap_or(ModuleInfo { digest: stubgen::module::Digest::of(&bytes), ..self::info(GUEST) });
    for _ in 0..5 {
        let start = Instant::now();
        let result = Module::load(&bytes, &info.runnable(), Some(&cache), &grants(), &Printing);
        println!("{:<42}{:>12.3?}", "loading the module", start.elapsed());
        if let Err(error) = result {
            println!("  {error}");
        }
    }
}

fn info(text: &str) -> ModuleInfo {
    ModuleInfo::parse(&wat::parse_str(text).expect("the guest should assemble"))
        .expect("the guest should follow the ABI")
}
