//! The functions that a guest of watt exports, and how they are called.

use stubgen::module::{Inputs, WATT_INPUT_EXPORT, WATT_OUTPUT_EXPORT, WattFunction};
use wasmtime::{Instance, Store, TypedFunc};

use crate::fault::Stop;
use crate::guest::Guest;

/// The exports of one instance.
pub(crate) struct Entry {
    input: TypedFunc<u32, u32>,
    output: TypedFunc<u32, u32>,
    macros: Vec<Macro>,
}

enum Macro {
    One(TypedFunc<u32, u32>),
    Two(TypedFunc<(u32, u32), u32>),
}

impl Entry {
    /// Looks up the exports, which were checked when the module was read.
    pub(crate) fn find(
        store: &mut Store<Guest>,
        instance: &Instance,
        functions: &[WattFunction],
    ) -> wasmtime::Result<Entry> {
        let input = instance.get_typed_func(&mut *store, WATT_INPUT_EXPORT)?;
        let output = instance.get_typed_func(&mut *store, WATT_OUTPUT_EXPORT)?;
        let macros = functions.iter().map(|function| {
            Ok(match function.inputs {
                Inputs::One => Macro::One(instance.get_typed_func(&mut *store, &function.name)?),
                Inputs::Two => Macro::Two(instance.get_typed_func(&mut *store, &function.name)?),
            })
        });
        let macros = macros.collect::<wasmtime::Result<_>>()?;
        Ok(Entry { input, output, macros })
    }

    /// Runs macro number `index` on the streams that the compiler knows as 0 and, if there are two, 1. Returns the number of
    /// its output.
    pub(crate) fn run(&self, store: &mut Store<Guest>, index: u32) -> wasmtime::Result<u32> {
        let called = usize::try_from(index).ok().and_then(|index| self.macros.get(index));
        let output = match called {
            Some(Macro::One(function)) => {
                let item = self.input.call(&mut *store, 0)?;
                function.call(&mut *store, item)?
            }
            Some(Macro::Two(function)) => {
                let arguments = self.input.call(&mut *store, 0)?;
                let item = self.input.call(&mut *store, 1)?;
                function.call(&mut *store, (arguments, item))?
            }
            None => return Err(Stop::protocol(format!("it has no macro of number {index}")).into()),
        };
        self.output.call(store, output)
    }
}
