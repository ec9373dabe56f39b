//! For hosts whose signals nobody has tried: there code looks at the time by itself, where functions begin and where they loop.

use wasmtime::Module;

#[derive(Debug)]
pub(crate) struct Entered(());

impl Entered {
    pub(crate) fn new(_: &Module, _: u64) -> Entered {
        Entered(())
    }
}

#[derive(Default)]
pub(crate) struct Interrupter(());

impl Interrupter {
    pub(crate) fn interrupt(&mut self, _: u64) -> bool {
        false
    }
}
