//! What every command needs that asks Cargo for a plan.

use tempfile::TempDir;

use crate::cargo::Cargo;
use crate::failure::{Failure, Result};
use crate::key::Keys;
use crate::plan::Plan;
use crate::shell::Shell;
use crate::split::CargoLine;
use crate::store::{self, Store};
use crate::toolchain::Toolchain;

/// The toolchain, the store and a place for temporary files.
pub(crate) struct Session {
    pub(crate) toolchain: Toolchain,
    pub(crate) store: Store,
    pub(crate) temporary: TempDir,
}

impl Session {
    pub(crate) fn new(shell: &Shell) -> Result<Session> {
        let toolchain = Toolchain::find()?;
        let opened = store::default_dir().ok_or_else(|| ("there is no home directory".to_owned(), None));
        let opened = opened.and_then(|dir| {
            let failed = |error| (format!("`{}` cannot be used: {error}", dir.display()), Some(dir.clone()));
            Store::open(dir.clone()).map_err(failed)
        });
        let (store, temporary) = match opened {
            Ok(opened) => opened,
            Err((error, dir)) => {
                // A cache that does not work must not stop anybody from building.
                shell.warn_once(format_args!("no module is kept for the next run, because {error}"));
                let failed = |error| Failure::new(format!("there is no directory for temporary files: {error}"));
                let outer = tempfile::Builder::new().prefix("wasm-proc-macro-").tempdir().map_err(failed)?;
                let (store, _) = Store::open(outer.path().join("store")).map_err(failed)?;
                // Whoever fills it for others may not want them to write there.
                let store = match dir {
                    Some(dir) => store.before(dir),
                    None => store,
                };
                (store, outer)
            }
        };
        Ok(Session { toolchain, store, temporary })
    }

    pub(crate) fn cargo<'a>(&'a self, shell: &'a Shell, line: &'a CargoLine) -> Cargo<'a> {
        let (toolchain, temporary) = (&self.toolchain, self.temporary.path());
        Cargo { toolchain, shell, line, temporary, compiled: self.store.compiled_dir(), here: None }
    }

    /// The keys of a plan's macros.
    pub(crate) fn keys<'a>(&self, plan: &'a Plan) -> Result<Keys<'a>> {
        let identity = self.toolchain.identity(&self.store);
        let identity = identity.map_err(|error| Failure::new(format!("the toolchain cannot be read: {error}")))?;
        Ok(Keys::new(plan, identity))
    }
}
