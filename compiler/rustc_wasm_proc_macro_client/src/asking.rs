//! A macro that asks for something beside its input.

use rustc_proc_macro::bridge::server::Named;
use rustc_wasm_proc_macro_api::policy::{Grants, Wanted};
use rustc_wasm_proc_macro_api::readable::{Link, Unresolved};
use stubgen::module::{Abi, Declaration, Digest, ModuleInfo};

use crate::surroundings::{self, Surroundings, Told};

/// What decides what it gets.
pub(super) struct Asking<'a> {
    pub(super) info: &'a ModuleInfo,
    pub(super) grants: &'a Grants,
    pub(super) surroundings: &'a dyn Surroundings,
    pub(super) declaration: &'a Declaration,
}

impl<'a> Asking<'a> {
    pub(super) fn name(&self) -> &'a str {
        self.declaration.name()
    }

    pub(super) fn abi(&self) -> &'a Abi {
        &self.info.abi
    }

    pub(super) fn digest(&self) -> Digest {
        self.info.digest
    }

    /// What the user has been told of, where one message is enough.
    pub(super) fn told(&self) -> Option<&'a Told> {
        self.surroundings.told()
    }

    /// What it does not get, of what it names. Where it gets something that may change, the compilation depends on that.
    pub(super) fn wanted(&self, what: Named<'_>) -> Option<Wanted> {
        match what {
            Named::File(path) => {
                let here = self.surroundings.here(self.grants);
                let readable = here.readable();
                let place = match readable.resolve(path, Link::Follow) {
                    Ok(place) if readable.allows(&place) => return None,
                    Ok(place) | Err(Unresolved::Denied(place)) => place,
                    // It is not there, and the macro may know that.
                    Err(Unresolved::Failed(_)) => return None,
                };
                Some(Wanted::Read(place))
            }
            Named::Variable(name) => {
                let value = self.surroundings.logical_variable(name);
                surroundings::asks(self.surroundings, self.grants, name, value.as_deref()).err()
            }
            Named::Memory(bytes) => (bytes > self.grants.memory()).then(|| Wanted::Memory(self.grants.memory())),
        }
    }
}
