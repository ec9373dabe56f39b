//! The functions that a guest of watt exports, and how they are called.

use stubgen::module::{Declaration, GuestAbi, WATT_INPUT_EXPORT, WATT_OUTPUT_EXPORT};
use wasmtime::{Instance, Store, TypedFunc};

use crate::fault::Stop;
use crate::guest::Guest;

/// The functions of a module's macros, in the order of its declarations.
#[derive(Debug)]
pub(crate) struct Interface {
    macros: Vec<(String, Inputs)>,
}

/// What a macro is given.
#[derive(Clone, Copy, Debug)]
enum Inputs {
    /// What a derive stands at, or what stands between the delimiters of a function-like macro's call.
    One,
    /// An attribute's arguments, and what it stands at.
    Two,
}

impl Interface {
    /// None if the module is not made for watt.
    pub(crate) fn of(guest: GuestAbi, declarations: &[Declaration]) -> Option<Interface> {
        if !matches!(guest, GuestAbi::Watt04 | GuestAbi::Watt05) {
            return None;
        }
        let macros = declarations.iter().map(|declaration| {
            let inputs = match declaration {
                Declaration::Attr { .. } => Inputs::Two,
                Declaration::Derive { .. } | Declaration::Bang { .. } => Inputs::One,
            };
            (declaration.function().to_owned(), inputs)
        });
        Some(Interface { macros: macros.collect() })
    }
}

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
        interface: &Interface,
    ) -> wasmtime::Result<Entry> {
        let input = instance.get_typed_func(&mut *store, WATT_INPUT_EXPORT)?;
        let output = instance.get_typed_func(&mut *store, WATT_OUTPUT_EXPORT)?;
        let macros = interface.macros.iter().map(|(function, inputs)| {
            Ok(match inputs {
                Inputs::One => Macro::One(instance.get_typed_func(&mut *store, function)?),
                Inputs::Two => Macro::Two(instance.get_typed_func(&mut *store, function)?),
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
