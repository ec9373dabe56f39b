//! The line at the end: how many macros ran from Wasm, and which did not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decision::{Decision, Origin};
use crate::resolve::Resolver;
use crate::shell::Shell;

/// What became of the macros that were used.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Summary {
    wasm: usize,
    /// Of those from Wasm.
    cached: usize,
    #[serde(default)]
    downloaded: usize,
    #[serde(default)]
    prebuilt: usize,
    pinned: usize,
    /// The names of those that run natively, by the reason.
    native: BTreeMap<String, Vec<String>>,
}

impl Summary {
    pub(crate) fn of(resolver: &Resolver<'_>) -> Summary {
        let mut summary = Summary::default();
        for index in resolver.used() {
            match resolver.decisions.get(&index) {
                Some(Decision::Wasm(module)) => {
                    summary.wasm += 1;
                    summary.cached += usize::from(module.origin == Origin::Cached);
                    summary.downloaded += usize::from(module.origin == Origin::Shared);
                    summary.prebuilt += usize::from(module.origin == Origin::Toolchain);
                    summary.pinned += usize::from(module.origin == Origin::Pinned);
                }
                Some(Decision::Native(reason)) => {
                    let names = summary.native.entry(reason.to_string()).or_default();
                    names.push(resolver.macros.list[index].name.to_owned());
                }
                Some(Decision::Build | Decision::Stuck(_)) | None => {}
            }
        }
        summary
    }

    /// The summary of a run that finds everything as this one leaves it.
    pub(crate) fn of_next(self) -> Summary {
        Summary { cached: self.wasm - self.pinned - self.prebuilt, downloaded: 0, ..self }
    }

    /// Says it. Says nothing if there were no macros.
    pub(crate) fn say(&self, shell: &Shell) {
        let lines = self.lines();
        let mut lines = lines.iter();
        if let Some(first) = lines.next() {
            shell.status("Used", first);
        }
        lines.for_each(|line| shell.continued(line));
    }

    fn lines(&self) -> Vec<String> {
        let natives: usize = self.native.values().map(Vec::len).sum();
        if self.wasm + natives == 0 {
            return Vec::new();
        }
        let mut first = format!("{} macro{} from Wasm", self.wasm, if self.wasm == 1 { "" } else { "s" });
        let origins = [
            (self.cached, "cached"),
            (self.downloaded, "downloaded"),
            (self.prebuilt, "from the toolchain"),
            (self.pinned, "pinned"),
        ];
        let origins = origins.iter().filter(|(count, _)| *count > 0);
        let origins: Vec<String> = origins.map(|(count, word)| format!("{count} {word}")).collect();
        if !origins.is_empty() {
            first += &format!(" ({})", origins.join(", "));
        }
        let mut groups = self.native.iter().map(|(reason, names)| format!("{} ({reason})", names.join(", ")));
        match (natives, groups.len()) {
            (0, _) => vec![first],
            (_, 1) => vec![format!("{first}, {natives} native: {}", groups.next().unwrap_or_default())],
            _ => [format!("{first}, {natives} native:")].into_iter().chain(groups).collect(),
        }
    }
}
