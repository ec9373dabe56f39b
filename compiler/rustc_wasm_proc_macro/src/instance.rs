//! One running copy of a module, and one expansion in it.

use stubgen::module::{DECLS_EXPORT, MEMORY_EXPORT, RUN_EXPORT};
use wasmtime::{Extern, InstancePre, Memory, Store, TypedFunc};

use crate::fault::Fault;
use crate::guest::{Dispatch, Guest, range};

/// What a WASI library runs its constructors in. A module without constructors may lack it.
const INITIALIZE: &str = "_initialize";

type Run = TypedFunc<(u32, u32, u32, u32), u64>;

/// An instance with its store. It is used by one expansion at a time.
pub(crate) struct Instance {
    store: Store<Guest>,
    memory: Memory,
    run: Run,
    declarations: u32,
}

impl Instance {
    /// Makes an instance, and checks that it has as many macros as the module said.
    ///
    /// # Errors
    ///
    /// What the guest did wrong in its constructors, or what the host lacks.
    pub(crate) fn new(module: &InstancePre<Guest>, declarations: usize) -> Result<Instance, Fault> {
        let mut store = Store::new(module.module().engine(), Guest::default());
        store.limiter(|guest| guest);
        match Instance::start(&mut store, module) {
            Ok((memory, run, address)) => {
                let instance = Instance { store, memory, run, declarations: address };
                instance.check_declarations(declarations)?;
                Ok(instance)
            }
            Err(error) => Err(Fault::of_call(error, store.data_mut())),
        }
    }

    fn start(store: &mut Store<Guest>, module: &InstancePre<Guest>) -> wasmtime::Result<(Memory, Run, u32)> {
        let instance = module.instantiate(&mut *store)?;
        let memory = instance.get_memory(&mut *store, MEMORY_EXPORT).ok_or_else(|| missing(MEMORY_EXPORT))?;
        store.data_mut().memory = Some(memory);
        if let Some(Extern::Func(initialize)) = instance.get_export(&mut *store, INITIALIZE) {
            initialize.typed::<(), ()>(&mut *store)?.call(&mut *store, ())?;
        }
        let run = instance.get_typed_func(&mut *store, RUN_EXPORT)?;
        let global = instance.get_global(&mut *store, DECLS_EXPORT).ok_or_else(|| missing(DECLS_EXPORT))?;
        let address = global.get(&mut *store).i32().ok_or_else(|| missing(DECLS_EXPORT))?;
        Ok((memory, run, address.cast_unsigned()))
    }

    /// The declarations are a slice in the guest's memory: pointer and length, 32 bits each.
    fn check_declarations(&self, expected: usize) -> Result<(), Fault> {
        let memory = self.memory.data(&self.store);
        let slice = range(memory.len(), self.declarations, 8).and_then(|range| memory[range].as_chunks::<4>().0.get(1));
        let Some(&len) = slice else {
            return Err(Fault::protocol(format!("`{DECLS_EXPORT}` points outside its memory")));
        };
        let len = u32::from_le_bytes(len);
        if usize::try_from(len) != Ok(expected) {
            let message = format!("it has {len} macros, but its custom section declares {expected}");
            return Err(Fault::protocol(message));
        }
        Ok(())
    }

    /// Runs macro number `index`.
    ///
    /// # Errors
    ///
    /// Whatever ended the expansion. The instance must not be used again then.
    pub(crate) fn expand(
        &mut self,
        index: u32,
        input: &[u8],
        force_show_panics: bool,
        dispatch: &mut dyn Dispatch,
    ) -> Result<Vec<u8>, Fault> {
        let Ok(input_len) = u32::try_from(input.len()) else {
            return Err(Fault::protocol("an input of more than 4 GiB"));
        };
        // SAFETY: `dispatch` is borrowed until the end of this function and not used here. `unserve` follows the call;
        // if the call unwinds, then the caller drops this instance, as it does after every fault, so no guest code runs.
        unsafe { self.store.data_mut().serve(dispatch, input) };
        let result =
            self.run.call(&mut self.store, (self.declarations, index, input_len, u32::from(force_show_panics)));
        self.store.data_mut().unserve();

        let output = result.map_err(|error| Fault::of_call(error, self.store.data_mut()))?;
        let (pointer, len) = ((output >> 32) as u32, output as u32);
        let memory = self.memory.data(&self.store);
        match range(memory.len(), pointer, len) {
            Some(output) => Ok(memory[output].to_vec()),
            None => Err(Fault::protocol(format!(
                "its output is {len} bytes at {pointer:#x}, which is outside the module's memory"
            ))),
        }
    }
}

fn missing(export: &str) -> wasmtime::Error {
    wasmtime::Error::from(crate::fault::Stop::protocol(format!("it has no export `{export}`")))
}
