//! Modules of every sort, loaded and run in the runtime: never a crash or a panic, and limits hold whatever they do.

use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

#[cfg(feature = "libfuzzer")]
use arbitrary::{Result, Unstructured};
use rustc_wasm_proc_macro::{Dispatch, Module};
use rustc_wasm_proc_macro_api::policy::{Grants, Policy};
use stubgen::module::{Digest, ModuleInfo};

use crate::{place, samples};

/// What the user grants to every module here.
const LIMITS: &str = "[permissions.guest]\ntime = \"200ms\"\nmemory = \"64MiB\"\n";

/// How much later than its limit an expansion may end, on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(20);

/// The most macros of a module that are run.
const MACROS: u32 = 3;

static GRANTS: LazyLock<Grants> = LazyLock::new(|| {
    let dir = place::directory("modules");
    let path = dir.path().join("policy.toml");
    fs::write(&path, LIMITS).expect("a file");
    Policy::read(&path).expect("the policy is right").grants(&[0; 32], "guest", "0.1.0")
});

/// Runs the target. The first byte says what the others are: changes of a module that is right, what to make one of, or one.
pub fn run(data: &[u8]) -> bool {
    let Some((kind, data)) = data.split_first() else { return false };
    match kind % 4 {
        0 => load_and_run(&samples::changed(data)),
        #[cfg(feature = "libfuzzer")]
        1 | 2 => made(&mut Unstructured::new(data)).is_ok_and(|module| load_and_run(&module)),
        #[cfg(not(feature = "libfuzzer"))]
        1 | 2 => load_and_run(&samples::changed(data)),
        _ => load_and_run(data),
    }
}

/// A valid module that imports and exports what it must.
#[cfg(feature = "libfuzzer")]
fn made(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut config = wasm_smith::Config {
        exports: Some(SHAPE.clone()),
        available_imports: Some(IMPORTS.clone()),
        // What the engine takes; else it would say no more than that. Now and then anything.
        gc_enabled: false,
        memory64_enabled: false,
        threads_enabled: false,
        relaxed_simd_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        shared_everything_threads_enabled: false,
        custom_descriptors_enabled: false,
        max_memories: 1,
        max_funcs: 20,
        max_instructions: 200,
        max_tables: 3,
        ..wasm_smith::Config::default()
    };
    if input.ratio(1, 16)? {
        let shape = (config.exports.take(), config.available_imports.take());
        config = input.arbitrary()?;
        (config.exports, config.available_imports) = shape;
    }
    let mut module = wasm_smith::Module::new(config, input)?;
    // Without it a loop runs until it is stopped, which is worth a try but takes time.
    if input.ratio(15, 16)? {
        _ = module.ensure_termination(1000);
    }
    let mut bytes = module.to_bytes();
    for (name, contents) in [(stubgen::module::DECLS_SECTION, &b"\n"[..]), (stubgen::module::ABI_SECTION, ABI)] {
        samples::append_section(&mut bytes, name, contents);
    }
    Ok(bytes)
}

#[cfg(feature = "libfuzzer")]
const ABI: &[u8] = b"abi=1\ncrate=guest\nversion=0.1.0\nedition=2021\ncompiler=rustc 1.96.0\n";

/// What a module must export.
#[cfg(feature = "libfuzzer")]
static SHAPE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let text = r#"(module
        (memory (export "memory") 1 64)
        (global (export "__rustc_proc_macro_decls") i32 (i32.const 0))
        (func (export "_initialize"))
        (func (export "__rustc_proc_macro_run") (param i32 i32 i32 i32) (result i64) unreachable))"#;
    wat::parse_str(text).expect("it should assemble")
});

/// What a module may import.
#[cfg(feature = "libfuzzer")]
static IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let own = [
        crate::guest::Function::new(stubgen::module::HOST_MODULE, "dispatch", "iii"),
        crate::guest::Function::silent(stubgen::module::HOST_MODULE, "take", "i"),
        crate::guest::Function::silent(stubgen::module::HOST_MODULE, "panic", "ii"),
    ];
    let functions: Vec<_> = own.into_iter().chain(crate::wasi::safe_functions()).collect();
    wat::parse_str(format!("(module {})", crate::guest::imports(&functions))).expect("it should assemble")
});

/// Whether it can be loaded.
fn load_and_run(bytes: &[u8]) -> bool {
    let Ok(info) = ModuleInfo::parse_with_digest(bytes, Digest::of(bytes)) else { return false };
    let Ok(module) = Module::load(bytes, &info.runnable(), None, &GRANTS, &()) else { return false };
    for index in 0..(info.declarations.len() as u32).clamp(1, MACROS) {
        let mut server = Server { requests: bytes.len() };
        let start = Instant::now();
        let result = module.expand(index, &bytes[..bytes.len().min(100)], false, &mut server, &());
        assert!(start.elapsed() < PATIENCE, "{:?} for an expansion: {result:?}", start.elapsed());
        if let Err(fault) = result {
            assert!(!fault.to_string().is_empty());
            _ = fault.notes();
        }
    }
    true
}

/// A compiler whose answers have every length and no meaning.
struct Server {
    requests: usize,
}

impl Dispatch for Server {
    fn dispatch(&mut self, _request: &[u8]) -> std::result::Result<&[u8], String> {
        static ANSWER: [u8; 100_000] = [0; 100_000];
        self.requests += 1;
        match self.requests % 8 {
            0 => Err("no".to_owned()),
            1 => Ok(&ANSWER),
            short => Ok(&ANSWER[..short * short]),
        }
    }
}
