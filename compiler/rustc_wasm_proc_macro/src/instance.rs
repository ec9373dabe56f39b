//! One running copy of a module, and one expansion in it.

use std::sync::Arc;

use rustc_wasm_proc_macro_api::policy::Grants;
use stubgen::module::{DECLS_EXPORT, Interface, MEMORY_EXPORT, RUN_EXPORT};
use wasmtime::{Extern, InstancePre, Memory, Store, TypedFunc};

use crate::Dispatch;
use crate::deadline::Deadline;
use crate::fault::{Fault, Stop};
use crate::guest::{Guest, range};
use crate::memory::{Account, Kept, Share};
use crate::watt;

/// What a WASI library runs its constructors in. A module without constructors may lack it.
const INITIALIZE: &str = "_initialize";

type Run = TypedFunc<(u32, u32, u32, u32), u64>;

/// An instance with its store. It is used by one expansion at a time.
pub(crate) struct Instance {
    store: Store<Guest>,
    memory: Memory,
    entry: Entry,
}

/// What the host calls.
enum Entry {
    /// Of the bridge's ABI: one function, and the address of the declarations.
    Bridge { run: Run, declarations: u32 },
    /// Of watt's: a function for each macro.
    Watt(watt::Entry),
}

impl Instance {
    /// Makes an instance until `deadline`, and checks that it has as many macros as the module said.
    ///
    /// # Errors
    ///
    /// What the guest did wrong in its constructors, or what the host lacks.
    pub(crate) fn new(
        module: &InstancePre<Guest>,
        interface: &Interface,
        grants: &Grants,
        account: &Arc<Account>,
        deadline: Deadline,
    ) -> Result<Instance, Fault> {
        let guest = Guest::new(grants.clone(), Share::new(Arc::clone(account)));
        let mut store = Store::new(module.module().engine(), guest);
        store.limiter(|guest| guest);
        set_deadline(&mut store, deadline);
        match Instance::start(&mut store, module, interface) {
            Ok((memory, entry)) => {
                let instance = Instance { store, memory, entry };
                instance.check_declarations(interface)?;
                Ok(instance)
            }
            Err(error) => Err(Fault::of_call(error, store.data_mut())),
        }
    }

    fn start(
        store: &mut Store<Guest>,
        module: &InstancePre<Guest>,
        interface: &Interface,
    ) -> wasmtime::Result<(Memory, Entry)> {
        let instance = module.instantiate(&mut *store)?;
        let memory = instance.get_memory(&mut *store, MEMORY_EXPORT).ok_or_else(|| missing(MEMORY_EXPORT))?;
        store.data_mut().memory = Some(memory);
        if let Some(Extern::Func(initialize)) = instance.get_export(&mut *store, INITIALIZE) {
            initialize.typed::<(), ()>(&mut *store)?.call(&mut *store, ())?;
        }
        if let Interface::Watt(functions) = interface {
            return Ok((memory, Entry::Watt(watt::Entry::find(store, &instance, functions)?)));
        }
        let run = instance.get_typed_func(&mut *store, RUN_EXPORT)?;
        let global = instance.get_global(&mut *store, DECLS_EXPORT).ok_or_else(|| missing(DECLS_EXPORT))?;
        let address = global.get(&mut *store).i32().ok_or_else(|| missing(DECLS_EXPORT))?;
        Ok((memory, Entry::Bridge { run, declarations: address.cast_unsigned() }))
    }

    /// The declarations are a slice in the guest's memory: pointer and length, 32 bits each.
    fn check_declarations(&self, interface: &Interface) -> Result<(), Fault> {
        let (Entry::Bridge { declarations, .. }, Interface::Bridge(expected)) = (&self.entry, interface) else {
            return Ok(());
        };
        let memory = self.memory.data(&self.store);
        let slice = range(memory.len(), *declarations, 8).and_then(|range| memory[range].as_chunks::<4>().0.get(1));
        let Some(&len) = slice else {
            return Err(Fault::protocol(format!("`{DECLS_EXPORT}` points outside its memory")));
        };
        let len = u32::from_le_bytes(len);
        if len != *expected {
            let message = format!("it has {len} macros, but its custom section declares {expected}");
            return Err(Fault::protocol(message));
        }
        Ok(())
    }

    /// Runs macro number `index` until `deadline`.
    ///
    /// # Errors
    ///
    /// Whatever ended the expansion. The instance must not be used again then.
    pub(crate) fn expand(
        &mut self,
        index: u32,
        input: &[u8],
        force_show_panics: bool,
        deadline: Deadline,
        dispatch: &mut dyn Dispatch,
    ) -> Result<Vec<u8>, Fault> {
        let Ok(input_len) = u32::try_from(input.len()) else {
            return Err(Fault::protocol("an input of more than 4 GiB"));
        };
        // SAFETY: `dispatch` is borrowed until the end of this function and not used here. `unserve` follows the call;
        // if the call unwinds, then the caller drops this instance, as it does after every fault, so no guest code runs.
        let served = unsafe { self.store.data_mut().serve(dispatch, input) };
        set_deadline(&mut self.store, deadline);
        let result = served.and_then(|()| deadline.check()).map_err(wasmtime::Error::from);
        let result = result.and_then(|()| self.call(index, input_len, force_show_panics));
        let result = result.map_err(|error| Fault::of_call(error, self.store.data_mut()));
        self.store.data_mut().unserve();
        result
    }

    fn call(&mut self, index: u32, input_len: u32, force_show_panics: bool) -> wasmtime::Result<Vec<u8>> {
        let output = match &self.entry {
            Entry::Bridge { run, declarations } => {
                run.call(&mut self.store, (*declarations, index, input_len, u32::from(force_show_panics)))?
            }
            Entry::Watt(entry) => return Ok(entry.run(&mut self.store, index)?.to_le_bytes().to_vec()),
        };
        let (pointer, len) = ((output >> 32) as u32, output as u32);
        let (memory, guest) = self.memory.data_and_store_mut(&mut self.store);
        let Some(output) = range(memory.len(), pointer, len) else {
            let message = format!("its output is {len} bytes at {pointer:#x}, which is outside the module's memory");
            return Err(Stop::protocol(message).into());
        };
        // Counted while there are both. Soon the compiler makes something else of it.
        guest.share.keep(Kept::Output, output.len())?;
        let output = memory[output].to_vec();
        guest.share.release(Kept::Output);
        Ok(output)
    }
}

/// Has the guest's code, and what it calls, stop at `deadline`.
fn set_deadline(store: &mut Store<Guest>, deadline: Deadline) {
    store.set_epoch_deadline(deadline.ticks_left());
    store.data_mut().deadline = Some(deadline);
}

fn missing(export: &str) -> wasmtime::Error {
    wasmtime::Error::from(Stop::protocol(format!("it has no export `{export}`")))
}
