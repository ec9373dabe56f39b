//! What a run has had to do with the shared store, and what is on its way there.

use std::collections::BTreeSet;

use super::errand::{Courier, Report};
use crate::decision::Origin;
use crate::shell::Shell;

/// What this run has had to do with the shared store.
#[derive(Default)]
pub(crate) struct Sharing<'a> {
    /// Macros that were asked for, and where.
    pub(crate) asked: BTreeSet<(Origin, usize)>,
    /// Those of which something is there that must not be used.
    pub(crate) refused: BTreeSet<usize>,
    /// Those that Cargo has built for this run, or before, and that were not sent yet.
    pub(crate) arrived: BTreeSet<usize>,
    /// Whether the store is of no use, which was said.
    pub(crate) is_off: bool,
    pub(crate) sending: Option<Sending<'a>>,
}

/// Modules on their way to the store. Whatever ends the run, their arrival is waited for, within the store's time.
pub(crate) struct Sending<'a> {
    pub(crate) shell: &'a Shell,
    pub(crate) courier: Option<Courier>,
    pub(crate) url: String,
    /// The names of what is sent, by key.
    pub(crate) names: Vec<(String, String)>,
}

impl Sending<'_> {
    /// Waits, says what came of it, and whether all went well.
    pub(crate) fn finish(&mut self) -> bool {
        let Some(courier) = self.courier.take() else { return true };
        let (mut sent, mut is_well, url) = (0, true, &self.url);
        for report in courier.wait() {
            match report {
                Report::Sent { .. } => sent += 1,
                Report::Refused { key, reason } => {
                    is_well = false;
                    let name = self.names.iter().find(|(known, _)| *known == key).map_or("a module", |(_, name)| name);
                    self.shell.warn(format_args!("{name} is not uploaded to the shared store `{url}`: {reason}"));
                }
                Report::Trouble { reason } => {
                    is_well = false;
                    self.shell.warn(format_args!("not all modules are uploaded to the shared store `{url}`: {reason}"));
                }
                Report::Present { .. } | Report::Missing { .. } | Report::Taken { .. } => {}
            }
        }
        if sent > 0 {
            let plural = if sent == 1 { "" } else { "s" };
            self.shell.status("Uploaded", format_args!("{sent} module{plural} to `{url}`"));
        }
        is_well
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.finish();
    }
}
