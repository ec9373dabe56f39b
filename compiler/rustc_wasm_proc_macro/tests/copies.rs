//! Copies in compiled code. Few bytes are copied where they are (`patches/wasmtime-internal-cranelift`), whatever their number
//! and however the ranges overlap; a copy out of bounds traps before it has written anything.

use wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc};

/// More than are copied without a call.
const BYTES: usize = 40;

/// Bytes in a page of memory.
const PAGE: usize = 1 << 16;

struct Guest {
    store: Store<()>,
    memory: Memory,
    copy: TypedFunc<(u32, u32, u32), ()>,
}

impl Guest {
    fn new() -> Guest {
        let engine = Engine::default();
        let text = "(module (memory (export \"memory\") 1)
            (func (export \"copy\") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2))))";
        let module = wat::parse_str(text).expect("the text is WebAssembly");
        let module = Module::new(&engine, module).expect("the text is a module");
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("it imports nothing");
        let memory = instance.get_memory(&mut store, "memory").expect("it is exported");
        let copy = instance.get_typed_func(&mut store, "copy").expect("it is exported");
        Guest { store, memory, copy }
    }

    /// Bytes of which no two are equal, at the memory's beginning, and behind them none.
    fn fill(&mut self) -> [u8; 3 * BYTES] {
        let bytes = std::array::from_fn(|byte| byte as u8 + 1);
        self.memory.write(&mut self.store, 0, &bytes).expect("it has a page");
        bytes
    }

    fn begin(&self) -> &[u8] {
        &self.memory.data(&self.store)[..3 * BYTES]
    }
}

#[test]
fn every_number_of_bytes_is_copied_to_every_place_beside_them() {
    let mut guest = Guest::new();
    for len in 0..=BYTES {
        for to in 0..=2 * BYTES - len {
            let mut expected = guest.fill();
            expected.copy_within(BYTES / 2..BYTES / 2 + len, to);
            guest.copy.call(&mut guest.store, (to as u32, BYTES as u32 / 2, len as u32)).expect("it is in bounds");
            assert_eq!(guest.begin(), expected, "{len} bytes to {to}");
        }
    }
}

#[test]
fn a_copy_out_of_bounds_traps_and_writes_nothing() {
    let mut guest = Guest::new();
    for len in 1..=BYTES {
        let before = guest.fill();
        let outside = (PAGE - len + 1) as u32;
        for (to, from) in [(0, outside), (0, u32::MAX), (outside, 0), (u32::MAX, 0)] {
            let trap = guest.copy.call(&mut guest.store, (to, from, len as u32)).expect_err("it is out of bounds");
            assert_eq!(
                trap.downcast_ref(),
                Some(&wasmtime::Trap::MemoryOutOfBounds),
                "{len} bytes from {from} to {to}"
            );
            assert_eq!(guest.begin(), before, "{len} bytes from {from} to {to}");
        }
    }
}
