//! Exceptions in compiled code, where handlers find their values in places of their own (`patches/cranelift-codegen` of the
//! runtime): programs that throw and catch are run optimized and not, and their result is told without Wasm as well.

mod interpret;
mod program;
mod text;

use std::sync::LazyLock;

use arbitrary::Unstructured;
use wasmtime::{Config, Engine, Instance, Module, OptLevel, Store};

use program::Program;

/// How many calls a program makes before functions only return.
const FUEL: u32 = 150;

/// How often a loop goes round.
const TURNS: u32 = 3;

/// Bytes of stack, enough for as many nested calls as there is fuel.
const STACK: usize = 4 << 20;

const LEVELS: [OptLevel; 2] = [OptLevel::Speed, OptLevel::None];

/// Runs the target: an input is a program.
pub fn run(data: &[u8]) -> bool {
    let Ok(program) = Program::of(&mut Unstructured::new(data)) else { return false };
    let text = text::module(&program);
    let expected = interpret::interpret(&program);
    let module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let results = ENGINES.each_ref().map(|engine| result(engine, &module));
    assert_eq!(results, [expected; 2], "optimized and not, against the meaning of\n{text}");
    true
}

static ENGINES: LazyLock<[Engine; 2]> = LazyLock::new(|| {
    LEVELS.map(|level| {
        let mut config = Config::new();
        config.wasm_exceptions(true).wasm_tail_call(true).wasm_simd(true);
        config.cranelift_nan_canonicalization(true).cranelift_opt_level(level).cranelift_debug_verifier(true);
        config.max_wasm_stack(STACK).async_stack_size(STACK).parallel_compilation(false);
        // There are many stores, and each has few exceptions.
        config.gc_heap_reservation(1 << 20).gc_heap_guard_size(64 << 10);
        Engine::new(&config).expect("an engine")
    })
});

fn result(engine: &Engine, module: &[u8]) -> i64 {
    let module = Module::new(engine, module).expect("the module should be valid");
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
    let run = instance.get_typed_func::<(), i64>(&mut store, "run").expect("`run`");
    run.call(&mut store, ()).expect("nothing traps")
}
