//! The compiler, for the runtime that runs a macro.

use std::path::Path;

use rustc_proc_macro::bridge::server::RemoteServer;
use rustc_wasm_proc_macro_api::Dispatch;
use rustc_wasm_proc_macro_api::policy::Wanted;

use crate::asking::Asking;
use crate::{refused, surroundings};

/// The compiler during one expansion.
pub(super) struct Server<'a> {
    pub(super) bridge: &'a mut dyn RemoteServer,
    pub(super) asking: &'a Asking<'a>,
}

impl Dispatch for Server<'_> {
    fn dispatch(&mut self, request: &[u8]) -> Result<&[u8], String> {
        self.bridge.dispatch(request)
    }

    fn depends_on(&mut self, path: &Path) {
        self.asking.surroundings.depends_on(path);
    }

    fn refused(&mut self, wanted: Wanted) {
        refused::note(self.asking, wanted);
    }

    fn variable(&mut self, name: &str) -> bool {
        let asking = self.asking;
        let refused = surroundings::asks(asking.surroundings, asking.grants, name, None).err();
        refused.map(|wanted| refused::note(asking, wanted)).is_none()
    }

    fn place(&self) -> u64 {
        self.asking.surroundings.place()
    }
}
